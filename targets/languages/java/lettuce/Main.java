import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Lettuce with one shared connection, as a program that speaks docs/stdio-targets.md. */
final class Main {
  private static final Gson gson = new GsonBuilder().serializeNulls().create();
  private static final PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  private record Message(
      long id, long cancel, String call, String host, int port, int timeoutMs, String key, List<String> keys, String value, long ttlMs) {}

  private final Map<Long, CompletableFuture<?>> underWay = new ConcurrentHashMap<>();
  private RedisClient client;
  private RedisURI address;
  private CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connecting;

  public static void main(String[] words) throws Exception {
    new Main().converse();
    // Nobody asks any longer; what is under way is for nobody.
    Runtime.getRuntime().halt(0);
  }

  private void converse() throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Message message = gson.fromJson(line, Message.class);
      if (message.cancel != 0) {
        CompletableFuture<?> call = underWay.get(message.cancel);
        if (call != null) call.cancel(true);
      } else if (message.call.equals("open")) {
        open(message);
        say(message.id, "ok", null);
      } else {
        carryOut(message);
      }
    }
  }

  /** "Client Options" of its reference guide: a timeout for every command, which asynchronous ones do not have by default. */
  private void open(Message open) {
    var timeout = Duration.ofMillis(open.timeoutMs);
    client = RedisClient.create();
    client.setOptions(
        ClientOptions.builder()
            .timeoutOptions(TimeoutOptions.enabled(timeout))
            .socketOptions(SocketOptions.builder().connectTimeout(timeout).build())
            .build());
    address = RedisURI.builder().withHost(open.host).withPort(open.port).withTimeout(timeout).build();
    // Connecting for the first time loads most of the library, which takes longer than a call may: that is no part of any call.
    try {
      connection().get(5, TimeUnit.SECONDS).sync().ping();
    } catch (Exception away) {
      // The cache is not there yet, which each call finds out by itself.
    }
  }

  /** It reconnects by itself once it has been connected; until then it is tried again by the next call. */
  private CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connection() {
    if (connecting == null || connecting.isCompletedExceptionally())
      connecting = client.connectAsync(ByteArrayCodec.INSTANCE, address).toCompletableFuture();
    return connecting;
  }

  private void carryOut(Message call) {
    CompletableFuture<Object> answered = new CompletableFuture<>();
    underWay.put(call.id, answered);
    connection()
        .whenComplete(
            (connection, failure) -> {
              if (failure != null) {
                answered.completeExceptionally(failure);
                return;
              }
              CompletableFuture<?> asked;
              try {
                asked = ask(connection, call);
              } catch (RuntimeException error) {
                answered.completeExceptionally(error);
                return;
              }
              asked.whenComplete(
                  (value, error) -> {
                    if (error == null) answered.complete(value);
                    else answered.completeExceptionally(error);
                  });
              answered.whenComplete(
                  (value, error) -> {
                    if (answered.isCancelled()) asked.cancel(true);
                  });
            });
    answered.whenComplete(
        (value, error) -> {
          underWay.remove(call.id);
          if (error == null) say(call.id, "ok", value);
          else say(call.id, "error", String.valueOf(error));
        });
  }

  private static CompletableFuture<?> ask(StatefulRedisConnection<byte[], byte[]> connection, Message call) {
    var commands = connection.async();
    switch (call.call) {
      case "get":
        return mapped(commands.get(bytesOf(call.key)).toCompletableFuture(), Main::textOf);
      case "getMany":
        byte[][] keys = call.keys.stream().map(Main::bytesOf).toArray(byte[][]::new);
        return mapped(
            commands.mget(keys).toCompletableFuture(),
            page -> {
              var values = new ArrayList<String>();
              for (KeyValue<byte[], byte[]> each : page) values.add(textOf(each.getValueOrElse(null)));
              return values;
            });
      case "set":
        byte[] value = Base64.getDecoder().decode(call.value);
        return mapped(
            commands.set(bytesOf(call.key), value, SetArgs.Builder.px(call.ttlMs)).toCompletableFuture(), ok -> null);
      case "delete":
        return mapped(commands.del(bytesOf(call.key)).toCompletableFuture(), removed -> null);
      default:
        throw new IllegalArgumentException("there is no call named " + call.call);
    }
  }

  /** What comes of a call, cancelled together with it: a stage that depends on another does not cancel that one by itself. */
  private static <Reply, Value> CompletableFuture<Value> mapped(
      CompletableFuture<Reply> asked, java.util.function.Function<Reply, Value> valueOf) {
    CompletableFuture<Value> value = asked.thenApply(valueOf);
    value.whenComplete(
        (ignored, error) -> {
          if (value.isCancelled()) asked.cancel(true);
        });
    return value;
  }

  private static byte[] bytesOf(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  private static String textOf(byte[] value) {
    return value == null ? null : Base64.getEncoder().encodeToString(value);
  }

  private static void say(long id, String word, Object value) {
    Map<String, Object> answer = new HashMap<>();
    answer.put("id", id);
    answer.put(word, value);
    String line = gson.toJson(answer) + "\n";
    synchronized (output) {
      output.print(line);
      output.flush();
    }
  }
}
