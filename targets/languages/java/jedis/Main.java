import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.SetParams;

/** Jedis 7.2 or newer with its pool, as a program that speaks docs/stdio-targets.md. */
final class Main {
  private static final Gson gson = new GsonBuilder().serializeNulls().create();
  private static final PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  private record Message(
      long id, String call, String host, int port, int timeoutMs, String key, List<String> keys, String value, long ttlMs) {}

  public static void main(String[] words) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    // A thread waits in each call; as many as the pool has connections, and calls beyond them wait their turn here.
    ExecutorService threads = Executors.newFixedThreadPool(connectionsMax);
    RedisClient client = null;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject object = gson.fromJson(line, JsonObject.class);
      if (object.has("cancel")) continue;
      Message message = gson.fromJson(object, Message.class);
      if (message.call.equals("open")) {
        client = connect(message);
        say(message.id, "ok", null);
        continue;
      }
      RedisClient opened = client;
      threads.execute(() -> carryOut(opened, message));
    }
    // Nobody asks any longer; what is under way is for nobody.
    Runtime.getRuntime().halt(0);
  }

  private static final int connectionsMax = 64;

  /** "Connecting to a cluster or a server" and "Timeouts" of its guide: a pool of a size of one's own, which is 8 unless told, with a limit to waiting for it. */
  private static RedisClient connect(Message open) {
    var pool = new ConnectionPoolConfig();
    pool.setMaxTotal(connectionsMax);
    pool.setMaxIdle(connectionsMax);
    pool.setMaxWait(Duration.ofMillis(open.timeoutMs));
    var settings = DefaultJedisClientConfig.builder().timeoutMillis(open.timeoutMs).build();
    return RedisClient.builder().hostAndPort(open.host, open.port).clientConfig(settings).poolConfig(pool).build();
  }

  private static void carryOut(RedisClient client, Message call) {
    try {
      say(call.id, "ok", answer(client, call));
    } catch (Exception | Error error) {
      say(call.id, "error", String.valueOf(error));
    }
  }

  private static Object answer(RedisClient client, Message call) {
    switch (call.call) {
      case "get":
        return textOf(client.get(bytesOf(call.key)));
      case "getMany":
        try (var pipeline = client.pipelined()) {
          var reads = new ArrayList<Response<byte[]>>();
          for (String key : call.keys) reads.add(pipeline.get(bytesOf(key)));
          pipeline.sync();
          var values = new ArrayList<String>();
          for (Response<byte[]> read : reads) values.add(textOf(read.get()));
          return values;
        }
      case "set":
        client.set(bytesOf(call.key), Base64.getDecoder().decode(call.value), SetParams.setParams().px(call.ttlMs));
        return null;
      case "delete":
        client.del(bytesOf(call.key));
        return null;
      default:
        throw new IllegalArgumentException("there is no call named " + call.call);
    }
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
