"""redis-py's asyncio client with its blocking pool, as a program that speaks docs/stdio-targets.md."""

import asyncio
import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "library"))

import redis.asyncio as redis  # noqa: E402  (found in the folder that was just named)


def connect(host, port, timeoutMs, **_):
    seconds = timeoutMs / 1000
    # "Connection Pools" and "Timeouts" of its documentation: a pool that waits for a connection instead of failing, and both
    # timeouts of a socket, which are none by default. The number of connections is its default.
    pool = redis.BlockingConnectionPool(
        host=host,
        port=port,
        timeout=seconds,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
    )
    return redis.Redis(connection_pool=pool)


def text_of(value):
    return None if value is None else base64.b64encode(value).decode()


async def answer(client, call):
    name = call["call"]
    if name == "get":
        return text_of(await client.get(call["key"]))
    if name == "getMany":
        async with client.pipeline(transaction=False) as pipeline:
            for key in call["keys"]:
                pipeline.get(key)
            return [text_of(value) for value in await pipeline.execute()]
    if name == "set":
        await client.set(call["key"], base64.b64decode(call["value"]), px=call["ttlMs"])
        return None
    if name == "delete":
        await client.delete(call["key"])
        return None
    raise ValueError(f"there is no call named {name}")


def say(message):
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


async def carry_out(client, call):
    try:
        say({"id": call["id"], "ok": await answer(client, call)})
    except asyncio.CancelledError:
        say({"id": call["id"], "error": "cancelled"})
    except Exception as error:
        say({"id": call["id"], "error": f"{type(error).__name__}: {error}"})


async def main():
    lines = asyncio.StreamReader(limit=2**28)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    client = None
    tasks = {}
    while line := await lines.readline():
        message = json.loads(line)
        if "cancel" in message:
            if message["cancel"] in tasks:
                tasks[message["cancel"]].cancel()
        elif message["call"] == "open":
            client = connect(**message)
            say({"id": message["id"], "ok": None})
        else:
            task = asyncio.create_task(carry_out(client, message))
            tasks[message["id"]] = task
            task.add_done_callback(lambda _, id=message["id"]: tasks.pop(id))
    # Nobody asks any longer; what is under way is for nobody.
    os._exit(0)


asyncio.run(main())
