using System.Net;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.StaticFiles;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace SignalBroker.Http;

/// <summary>Wires the two ports and what every request passes through.</summary>
internal static class HttpSetup
{
    private const string ContentSecurityPolicy =
        "default-src 'self'; connect-src 'self' ws: wss:; worker-src 'self' blob:; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the public and the internal port, JSON, CORS and the API's description.</summary>
        public void AddHttp()
        {
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<LimitMetrics>();
            // Nobody reads these, and unless they are off, each request has an activity and a scope created for it.
            builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            // A request continues on the thread that read its bytes, instead of changing threads twice.
            builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
            builder.Services.ConfigureHttpJsonOptions(json =>
                json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
            );
            builder.AddSettings<RateLimitOptions>(RateLimitOptions.Section);
            builder.AddSettings<InternalOptions>(InternalOptions.Section);
            var listeners = builder.AddSettings<ListenersOptions>(ListenersOptions.Section);
            builder.Services.AddHostedService<FreePorts>();
            builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, listeners));
            builder.AddOrigins();
            builder.AddProxies();
            builder.Services.AddOpenApi(ApiDescription.Describe);
        }

        private void AddOrigins()
        {
            var origins = builder.AddSettings<OriginsOptions>(OriginsOptions.Section).Origins;
            builder.Services.AddCors(cors =>
                cors.AddDefaultPolicy(policy =>
                    policy
                        .WithOrigins([.. origins])
                        .WithMethods(HttpMethods.Post, HttpMethods.Get, HttpMethods.Put, HttpMethods.Delete)
                        .WithHeaders("Authorization", "Content-Type")
                        .WithExposedHeaders("Retry-After")
                        .SetPreflightMaxAge(TimeSpan.FromHours(1))
                )
            );
        }

        private void AddProxies()
        {
            var trusted = builder.AddSettings<ProxiesOptions>(ProxiesOptions.Section).TrustedNetworks;
            var networks = Networks.Read(trusted, "Proxies:TrustedNetworks");
            builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
            {
                forwarded.KnownProxies.Clear();
                forwarded.KnownIPNetworks.Clear();
                foreach (var network in networks)
                {
                    forwarded.KnownIPNetworks.Add(network);
                }

                forwarded.ForwardedHeaders =
                    networks.Count == 0
                        ? ForwardedHeaders.None
                        : ForwardedHeaders.XForwardedFor
                            | ForwardedHeaders.XForwardedProto
                            | ForwardedHeaders.XForwardedHost;
            });
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Sets up what every request passes through, in order.</summary>
        public void UseHttp()
        {
            app.Use(
                static (context, next) =>
                {
                    // At the last moment: an error answer begins with empty headers.
                    context.Response.OnStarting(SetSecurityHeaders, context.Response.Headers);
                    return next(context);
                }
            );
            app.UseExceptionHandler(
                new ExceptionHandlerOptions
                {
                    ExceptionHandler = AnswerFailureAsync,
                    SuppressDiagnosticsCallback = IsExpected,
                    AllowStatusCode404Response = true,
                }
            );
            app.UseRouting();
            app.UseWhen(
                context => context.GetEndpoint()?.Metadata.GetMetadata<AnswersAlways>() is null,
                silent => silent.UseStatusCodePages(AnswerStatusAsync)
            );
            var allowed = app.Services.GetRequiredService<IOptions<InternalOptions>>().Value.AllowedNetworks;
            app.UseMiddleware<ListenerGate>(
                Networks.Read(allowed is [] ? ["127.0.0.0/8", "::1/128"] : allowed, "Internal:AllowedNetworks")
            );

            // After the gate, which must see who really connected.
            if (app.Services.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value.KnownIPNetworks.Count > 0)
            {
                app.UseForwardedHeaders();
            }

            // Before the limiter, so that pages of other origins can read that they should slow down.
            app.UseWhen(context => context.Request.Headers.Origin.Count > 0, foreign => foreign.UseCors());
            // This too, so that what other sites' pages send does not count against their visitors' rate.
            app.UseMiddleware<OriginGate>();
            app.UseMiddleware<AddressLimiter>();
            app.UseDefaultFiles();
            app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = SetCaching });
            app.MapOpenApi("/openapi/{documentName}.json");
        }
    }

    // The page names its scripts by their hash: it is checked each time, and they never are.
    private static void SetCaching(StaticFileResponseContext file) =>
        file.Context.Response.Headers.CacheControl = file.Context.Request.Path.StartsWithSegments(
            "/app",
            StringComparison.Ordinal
        )
            ? "public, max-age=31536000, immutable"
            : "no-cache";

    private static void Listen(KestrelServerOptions kestrel, ListenersOptions listeners)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestBody.MaxBytesOnTheWire;
        Bind(ListenAddress.OfPublic(listeners), LastCredential.Apply);
        Bind(ListenAddress.OfInternal(listeners), InternalListener.Apply);

        void Bind(ListenAddress address, Action<ListenOptions> apply)
        {
            if (address.Ip is { } ip)
            {
                kestrel.Listen(ip, address.Port, apply);
            }
            else
            {
                kestrel.ListenLocalhost(address.Port, apply);
            }
        }
    }

    private static Task AnswerStatusAsync(StatusCodeContext context) =>
        Problem.OfStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext);

    private static Task SetSecurityHeaders(object response)
    {
        var headers = (IHeaderDictionary)response;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        return Task.CompletedTask;
    }

    private static bool IsExpected(ExceptionHandlerSuppressDiagnosticsContext context) =>
        context.Exception is RefusedException or BadHttpRequestException || DatabaseFailure.Is(context.Exception);

    private static Task AnswerFailureAsync(HttpContext context)
    {
        var failure = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        return Problem.OfFailure(failure).ExecuteAsync(context);
    }
}
