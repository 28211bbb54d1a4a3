using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SignalBroker.Tests.Demo;

/// <summary>Somebody's web site on an origin of its own: one page that can do everything over the wire itself.</summary>
public sealed class Site : IAsyncDisposable
{
    private const string Html = """
        <!doctype html>
        <title>Somebody's site</title>
        <link rel="icon" href="data:," />
        <script>
          async function call(webapp, path, body, session) {
            const headers = body === undefined ? {} : { "Content-Type": "application/json" };
            if (session) {
              headers.Authorization = "Basic " + btoa(`${session.listeningKey}:${session.passcode}`);
            }
            const response = await fetch(webapp + path, { method: "POST", headers, body: JSON.stringify(body) });
            const text = await response.text();
            return { status: response.status, ...(text && JSON.parse(text)) };
          }

          function listen({ listeningAddress, listeningKey, passcode }) {
            const socket = new WebSocket(listeningAddress, ["v12.stomp"]);
            const waiting = {};
            const next = (command) => new Promise((resolve, reject) => {
              waiting[command] = resolve;
              socket.addEventListener("close", () => reject(new Error(`closed instead of ${command}`)));
            });
            socket.onmessage = ({ data }) => waiting[data.split("\n")[0]]?.(data);
            socket.onopen = () =>
              socket.send(`CONNECT\naccept-version:1.2\nhost:/\nlogin:${listeningKey}\npasscode:${passcode}\n\n\0`);
            const subscribe = () =>
              socket.send(`SUBSCRIBE\nid:0\ndestination:/queue/${listeningKey}\nack:auto\nreceipt:r\n`
                + "exclusive:true\nauto-delete:true\ndurable:false\n\n\0");
            return { next, subscribe };
          }

          /** Connects, listens, sends to itself, disconnects and tries once more; says what came of each. */
          async function talk(webapp, userId) {
            const session = await call(webapp, "/connect", { userId });
            const socket = listen(session);
            await socket.next("CONNECTED");
            const receipt = socket.next("RECEIPT");
            socket.subscribe();
            await receipt;
            const message = socket.next("MESSAGE");
            const sent = await call(webapp, "/exchange", { to: userId, content: "from far away" }, session);
            const received = (await message).split("\n\n")[1].replace(/\0\n*$/, "");
            const left = await call(webapp, "/disconnect", undefined, session);
            const late = await call(webapp, "/exchange", { to: userId, content: 1 }, session);
            return [sent.sessions[0].outcome, JSON.parse(received).content, left.status, late.status, late.code].join(", ");
          }

          /** Tries to connect, and says the error's name if the browser forbids it. */
          const attempt = (url, request) =>
            fetch(url, { method: "POST", ...request }).then(({ status }) => String(status), ({ name }) => name);
        </script>
        """;

    private readonly WebApplication server;

    private Site(WebApplication server) => this.server = server;

    /// <summary>The scheme, host and port, as browsers name it.</summary>
    public string Origin => server.Urls.Single();

    public static async Task<Site> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var started = builder.Build();
        started.MapGet("/", () => Results.Content(Html, "text/html; charset=utf-8"));
        await started.StartAsync();
        return new(started);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();
}
