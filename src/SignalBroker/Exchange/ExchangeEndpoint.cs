using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SignalBroker.Broker;
using SignalBroker.Compatibility;
using SignalBroker.Inbox;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.Users;

namespace SignalBroker.Exchange;

/// <summary>What <c>/exchange</c> takes.</summary>
/// <remarks>For the API's description; <see cref="SignalRequest"/> reads it.</remarks>
/// <param name="To">The user to send to: all of the user's listening sessions. Either this, <c>toSession</c> or <c>toRoom</c>.</param>
/// <param name="Device">With <c>to</c>, the one device to send to.</param>
/// <param name="ToSession">The listening key of the one session to send to.</param>
/// <param name="ToRoom">The id of the room to send to: all members that the sender reaches.</param>
/// <param name="ToMember">With <c>toRoom</c>, the id of the one member to send to.</param>
/// <param name="Content">Any JSON; it arrives byte for byte.</param>
/// <param name="Type">What the signal is about, for the receiver; 1 to 64 characters (Unicode code points).</param>
/// <param name="Id">The sender's name for the signal, 1 to 64 characters; the server gives it one otherwise.</param>
/// <param name="TimeToLive">How long the signal may wait for the addressee, in milliseconds.</param>
/// <param name="Store"><c>ifOffline</c> or <c>always</c>: the signal is stored until the addressee has settled it.</param>
/// <param name="Receipt"><c>delivered</c>: the sender gets a signal when the addressee has settled this one.</param>
internal sealed record ExchangeRequestSchema(
    [property: Length(1, UserId.MaxLength)] string? To,
    [property: Length(1, UserId.MaxDeviceLength)] string? Device,
    [property: RegularExpression(ListeningKey.Pattern)] string? ToSession,
    [property: RegularExpression(RoomNames.RoomPattern)] string? ToRoom,
    [property: RegularExpression(RoomNames.MemberPattern)] string? ToMember,
    JsonElement Content,
    [property: Length(1, SignalRequest.MaxTypeLength)] string? Type,
    [property: Length(1, SignalRequest.MaxIdLength)] string? Id,
    [property: Range(1, long.MaxValue)] long? TimeToLive,
    [property: AllowedValues("ifOffline", "always")] string? Store,
    [property: AllowedValues("delivered")] string? Receipt
);

/// <summary>What became of a signal.</summary>
/// <remarks>For the API's description; <see cref="Exchanged"/> writes it.</remarks>
/// <param name="Id">The signal's id, as the receiver sees it.</param>
/// <param name="Outcome"><c>stored</c>, if it is; <c>accepted</c>, if the sender may not see what became of it.</param>
/// <param name="Sessions">The outcome for each of the addressee's sessions; left out in a room.</param>
/// <param name="Room">The room that it was sent to; this and what follows is left out elsewhere.</param>
/// <param name="Members">How many other members it is for.</param>
/// <param name="Listening">How many of them listen.</param>
/// <param name="Stored">For how many of them it is stored, if it was to be.</param>
/// <param name="Full">How many of them have it not because their inboxes are full.</param>
/// <param name="Nodes">The outcome on each node where members listen.</param>
internal sealed record ExchangeAnswerSchema(
    string Id,
    [property: AllowedValues("stored", "accepted")] string? Outcome,
    IReadOnlyList<ExchangeAnswerSchema.Reached>? Sessions,
    string? Room,
    int? Members,
    int? Listening,
    int? Stored,
    int? Full,
    IReadOnlyList<NodeReached>? Nodes
)
{
    /// <summary>One of the addressee's sessions.</summary>
    /// <param name="ListeningKey">The session's public name; left out where the original project's pages are served.</param>
    /// <param name="Device">The session's device, if it was named.</param>
    /// <param name="Outcome">What the broker said.</param>
    public sealed record Reached(
        string? ListeningKey,
        string? Device,
        [property: AllowedValues("queued", "notListening", "overloaded", "unknown")] string Outcome
    );
}

/// <summary><c>POST /exchange</c>: sends one signal, or each of an array.</summary>
internal sealed class ExchangeEndpoint(
    SessionProof sessions,
    SignalExchange exchange,
    SignalBatch batch,
    SenderLimiter limiter,
    ServiceKeyProof applications,
    OriginalClient originalClient,
    TimeToLiveLimits longest,
    ExchangeMetrics metrics,
    TimeProvider clock
)
{
    private const int UsualAnswer = 512;

    /// <summary>Sends a signal.</summary>
    /// <remarks>
    /// Publishes the signal to every listening session of the user, to the one session, or to the members of the room,
    /// and answers what the broker said for each: <c>queued</c> means that the broker has it in a live queue. The body
    /// may also be an array of up to 64 signals; then the answer is an array of what became of each, or of problem
    /// details with its id, and the status is 200.
    /// </remarks>
    public async Task HandleAsync(HttpContext context)
    {
        var since = clock.GetTimestamp();
        try
        {
            if (await ExchangeAsync(context) is { } problem)
            {
                metrics.Answered(ExchangeMetrics.Http, problem.Code);
                await problem.ExecuteAsync(context);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            metrics.Answered(ExchangeMetrics.Http, Problem.OfFailure(failure).Code);
            throw;
        }
        finally
        {
            metrics.Took(ExchangeMetrics.Http, since);
        }
    }

    // Null when the signal has been routed and that has been answered.
    [AsyncMethodBuilder(typeof(ReusingMethodBuilder<>))]
    private async ValueTask<Problem?> ExchangeAsync(HttpContext context)
    {
        var request = context.Request;
        var isForm = RequestBody.IsForm(request);
        var sender = await AuthenticateAsync(request);
        using var body = isForm ? null : await RequestBody.ReadAsync(request);
        if (body is not null && SignalBatch.Is(body.Written.Span))
        {
            var answers = await batch.SendAsync(sender, body.Written, signal => Judge(sender, signal));
            foreach (var answer in answers)
            {
                metrics.Answered(ExchangeMetrics.Http, answer.Problem?.Code ?? answer.Exchanged!.Outcome);
            }

            await AnswerAsync(context.Response, answers, Write);
            return null;
        }

        var signal = body is null
            ? SignalReader.ReadForm(await RequestBody.ReadFormAsync(request), longest)
            : SignalReader.ReadJson(body.Written, longest);
        if (Judge(sender, signal) is { } problem)
        {
            return problem;
        }

        var exchanged = await exchange.SendAsync(sender, signal);
        if (exchanged.Failure is { } failure)
        {
            return failure;
        }

        metrics.Answered(ExchangeMetrics.Http, exchanged.Outcome);
        await AnswerAsync(context.Response, exchanged, Write);
        return null;
    }

    private Problem? Judge(Sender sender, SignalRequest signal) =>
        !signal.Settle.IsEmpty
            ? Problem.InvalidMember("settle", "goes through the socket; over HTTP there is /inbox/settle")
        : signal.Receipt && sender.Session is null
            ? Problem.InvalidMember("receipt", "is for sessions: an application has no inbox")
        : sender.Session is { } session && limiter.Delay(session.ListeningKey, signal.Content.Length) is { } wait
            ? Problem.TooManyRequests(wait)
        : null;

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<SignalAnswer> answers)
    {
        writer.WriteStartArray();
        foreach (var answer in answers)
        {
            answer.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, Exchanged exchanged)
    {
        writer.WriteStartObject();
        exchanged.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static async Task AnswerAsync<T>(HttpResponse response, T answer, Action<Utf8JsonWriter, T> write)
    {
        using var written = PooledBuffer.Rent(UsualAnswer);
        var writer = written.JsonWriter();
        write(writer, answer);
        writer.Flush();
        response.ContentType = "application/json; charset=utf-8";
        // Kestrel cuts an answer of unknown length into chunks.
        response.ContentLength = written.Written.Length;
        await response.BodyWriter.WriteAsync(written.Written);
    }

    private async ValueTask<Sender> AuthenticateAsync(HttpRequest request)
    {
        if (await sessions.FindAsync(request, "/exchange") is { } session)
        {
            return session;
        }

        if (applications.FindApplication(request, "/exchange") is { } application)
        {
            return Sender.FromApplication(application);
        }

        return await originalClient.FindSenderAsync(request) is { } userId
            ? new Session
            {
                UserId = userId,
                // It proves nothing, so its flood counts for its address.
                ListeningKey = Networks.ClientOf(request.HttpContext).ToString(),
                Node = "",
                PasscodeSha256 = [],
                OriginalClient = true,
            }
            : throw new RefusedException(Problem.Unauthorized);
    }
}
