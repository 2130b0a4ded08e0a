import json, sys, time

cached = {}  # A real program opens its library's client when "open" comes.


def read(key):
    value, gone_at = cached.get(key, (None, 0))
    return value if time.monotonic() < gone_at else None


def carry_out(call):
    if call["call"] == "get":
        return read(call["key"])
    if call["call"] == "getMany":
        return [read(key) for key in call["keys"]]
    if call["call"] == "set":
        gone_at = time.monotonic() + call["ttlMs"] / 1000
        cached[call["key"]] = (call["value"], gone_at)
    elif call["call"] == "delete":
        cached.pop(call["key"], None)
    elif call["call"] != "open":
        raise ValueError("there is no call " + call["call"])


for line in sys.stdin:
    call = json.loads(line)
    if "cancel" in call:
        continue  # Every call here is answered before the next line is read.
    try:
        print(json.dumps({"id": call["id"], "ok": carry_out(call)}), flush=True)
    except Exception as error:
        print(json.dumps({"id": call["id"], "error": str(error)}), flush=True)
