//! redis-rs with its connection manager, as a program that speaks docs/stdio-targets.md.

use base64::{engine::general_purpose::STANDARD, Engine};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::error::Error;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::{oneshot, OnceCell};

/// The cache may be away when it is opened, and the manager connects before it is there: so it is made by the first call that gets through.
struct Client {
    client: redis::Client,
    timeout: Duration,
    manager: OnceCell<ConnectionManager>,
}

impl Client {
    fn open(call: &Value) -> Result<Client, Box<dyn Error>> {
        let host = call["host"].as_str().unwrap_or_default();
        let port = call["port"].as_u64().unwrap_or_default();
        Ok(Client {
            client: redis::Client::open(format!("redis://{host}:{port}/"))?,
            timeout: Duration::from_millis(call["timeoutMs"].as_u64().unwrap_or(1_000)),
            manager: OnceCell::new(),
        })
    }

    async fn manager(&self) -> redis::RedisResult<ConnectionManager> {
        let made = self.manager.get_or_try_init(|| async {
            // "Async" in its documentation: a manager reconnects by itself, and its timeouts are to be set.
            let settings = ConnectionManagerConfig::new()
                .set_connection_timeout(self.timeout.into())
                .set_response_timeout(self.timeout.into())
                .set_number_of_retries(1);
            ConnectionManager::new_with_config(self.client.clone(), settings).await
        });
        Ok(made.await?.clone())
    }

    async fn answer(&self, call: &Value) -> Result<Value, Box<dyn Error>> {
        let key = call["key"].as_str().unwrap_or_default();
        let mut manager = self.manager().await?;
        match call["call"].as_str().unwrap_or_default() {
            "get" => {
                let value: Option<Vec<u8>> =
                    redis::cmd("GET").arg(key).query_async(&mut manager).await?;
                Ok(text_of(value))
            }
            "getMany" => {
                let mut pipeline = redis::pipe();
                for key in call["keys"].as_array().ok_or("no keys")? {
                    pipeline.get(key.as_str().unwrap_or_default());
                }
                let values: Vec<Option<Vec<u8>>> = pipeline.query_async(&mut manager).await?;
                Ok(values.into_iter().map(text_of).collect())
            }
            "set" => {
                let value = STANDARD.decode(call["value"].as_str().unwrap_or_default())?;
                let mut set = redis::cmd("SET");
                set.arg(key).arg(value).arg("PX").arg(call["ttlMs"].as_u64());
                let _: () = set.query_async(&mut manager).await?;
                Ok(Value::Null)
            }
            "delete" => {
                let _: () = redis::cmd("DEL").arg(key).query_async(&mut manager).await?;
                Ok(Value::Null)
            }
            name => Err(format!("there is no call named {name}").into()),
        }
    }
}

fn text_of(value: Option<Vec<u8>>) -> Value {
    value.map_or(Value::Null, |bytes| STANDARD.encode(bytes).into())
}

fn say(answer: Value) {
    println!("{answer}");
}

/// A cancelled call is dropped, as a future of this language is when nobody waits for it.
async fn carry_out(client: Rc<Client>, call: Value, cancelled: oneshot::Receiver<()>) {
    let answer = tokio::select! {
        answer = client.answer(&call) => answer,
        Ok(()) = cancelled => Err("cancelled".into()),
    };
    match answer {
        Ok(ok) => say(json!({ "id": call["id"], "ok": ok })),
        Err(error) => say(json!({ "id": call["id"], "error": error.to_string() })),
    }
}

async fn converse() -> Result<(), Box<dyn Error>> {
    let mut client: Option<Rc<Client>> = None;
    let mut cancels: HashMap<u64, oneshot::Sender<()>> = HashMap::new();
    let mut lines = BufReader::with_capacity(1 << 20, tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let call: Value = serde_json::from_str(&line)?;
        if let Some(id) = call["cancel"].as_u64() {
            if let Some(cancel) = cancels.remove(&id) {
                let _ = cancel.send(());
            }
        } else if call["call"] == "open" {
            client = Some(Rc::new(Client::open(&call)?));
            say(json!({ "id": call["id"], "ok": null }));
        } else {
            let (cancel, cancelled) = oneshot::channel();
            cancels.retain(|_, cancel| !cancel.is_closed());
            cancels.insert(call["id"].as_u64().ok_or("no id")?, cancel);
            let client = client.clone().ok_or("it is not open")?;
            tokio::task::spawn_local(carry_out(client, call, cancelled));
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let outcome = tokio::task::LocalSet::new().run_until(converse()).await;
    if let Err(error) = &outcome {
        eprintln!("{error}");
    }
    // Nobody asks any longer; what is under way is for nobody.
    std::process::exit(i32::from(outcome.is_err()));
}
