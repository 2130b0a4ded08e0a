// go-redis as a program that speaks docs/stdio-targets.md.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

type message struct {
	Id        int64             `json:"id"`
	Cancel    int64             `json:"cancel"`
	Call      string            `json:"call"`
	Host      string            `json:"host"`
	Port      int               `json:"port"`
	TimeoutMs int64             `json:"timeoutMs"`
	Options   map[string]string `json:"options"`
	Key       string            `json:"key"`
	Keys      []string          `json:"keys"`
	// Bytes are base64 in JSON, as the package encoding/json has it.
	Value []byte `json:"value"`
	TtlMs int64  `json:"ttlMs"`
}

func connect(open message) *redis.Client {
	timeout := time.Duration(open.TimeoutMs) * time.Millisecond
	readTimeout := timeout
	if milliseconds, err := strconv.Atoi(open.Options["read-timeout-ms"]); err == nil {
		readTimeout = time.Duration(milliseconds) * time.Millisecond
	}
	// "go-redis timeouts" of its documentation: timeouts are the client's, and contexts are heeded when that is switched on.
	return redis.NewClient(&redis.Options{
		Addr:                  fmt.Sprintf("%s:%d", open.Host, open.Port),
		DialTimeout:           timeout,
		ReadTimeout:           readTimeout,
		WriteTimeout:          timeout,
		PoolTimeout:           timeout,
		ContextTimeoutEnabled: true,
	})
}

func get(read *redis.StringCmd) (any, error) {
	value, err := read.Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString(value), nil
}

func carryOut(ctx context.Context, client *redis.Client, call message) (any, error) {
	switch call.Call {
	case "get":
		return get(client.Get(ctx, call.Key))
	case "getMany":
		reads := make([]*redis.StringCmd, len(call.Keys))
		_, err := client.Pipelined(ctx, func(pipeline redis.Pipeliner) error {
			for index, key := range call.Keys {
				reads[index] = pipeline.Get(ctx, key)
			}
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, err
		}
		values := make([]any, len(reads))
		for index, read := range reads {
			if values[index], err = get(read); err != nil {
				return nil, err
			}
		}
		return values, nil
	case "set":
		return nil, client.Set(ctx, call.Key, call.Value, time.Duration(call.TtlMs)*time.Millisecond).Err()
	case "delete":
		return nil, client.Del(ctx, call.Key).Err()
	}
	return nil, fmt.Errorf("there is no call named %s", call.Call)
}

// One writer at a time, a line each.
var output sync.Mutex

func say(id int64, ok any, err error) {
	answer := map[string]any{"id": id, "ok": ok}
	if err != nil {
		answer = map[string]any{"id": id, "error": err.Error()}
	}
	line, _ := json.Marshal(answer)
	output.Lock()
	defer output.Unlock()
	_, _ = os.Stdout.Write(append(line, '\n'))
}

func main() {
	var client *redis.Client
	var timeout time.Duration
	var cancels sync.Map
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		var said message
		if err == nil {
			err = json.Unmarshal(line, &said)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if said.Cancel != 0 {
			if cancel, found := cancels.Load(said.Cancel); found {
				cancel.(context.CancelFunc)()
			}
			continue
		}
		if said.Call == "open" {
			client = connect(said)
			timeout = time.Duration(said.TimeoutMs) * time.Millisecond
			say(said.Id, nil, nil)
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		cancels.Store(said.Id, cancel)
		go func() {
			ok, err := carryOut(ctx, client, said)
			cancels.Delete(said.Id)
			cancel()
			say(said.Id, ok, err)
		}()
	}
}
