using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>Who can be reached, as far as the server lets the user know.</summary>
/// <remarks>While the client reconnects, calls wait up to 30 s.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Without its wait handle a semaphore has nothing to dispose of.")]
public sealed class ClientPresence
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    private readonly SessionCalls calls;
    private readonly TimeProvider time;
    private readonly Lock changing = new();
    private readonly List<PresenceWatch> watches = [];
    private readonly SemaphoreSlim subscribing = new(1);

    internal ClientPresence(SessionCalls calls, TimeProvider time) => (this.calls, this.time) = (calls, time);

    /// <summary>Asks whether a user can be reached.</summary>
    /// <param name="userId">The user's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// What is known; <see cref="PresenceState.Away"/> for a user who was never there, and
    /// <see cref="PresenceState.Invalid"/> for one whom there can't be.
    /// </returns>
    /// <exception cref="ServerRefusedException">The server refused it.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer.</exception>
    /// <exception cref="SignalNotSentException">The client did not listen again in time, or is closed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public async Task<Presence> GetAsync(string userId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        var all = await GetAsync([userId], cancellationToken);
        return all.Count == 1 ? all[0] : throw new ServerUnreachableException("The answer is not SignalBroker's.");
    }

    /// <summary>Asks whether users can be reached.</summary>
    /// <param name="userIds">The users' ids, 100 at most.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What is known of each, in the order of the question.</returns>
    /// <inheritdoc cref="GetAsync(string, CancellationToken)"/>
    public async Task<IReadOnlyList<Presence>> GetAsync(
        IEnumerable<string> userIds,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(userIds);
        string[] users = [.. userIds];
        return users.Length == 0 ? [] : await AskAsync(HttpMethod.Post, "/presence", users, cancellationToken);
    }

    /// <summary>
    /// Watches users: first what is known of each, and then each change of the state and of the devices. After a
    /// reconnect it goes on with what has changed meanwhile. Of several changes that nobody has read yet, the last one
    /// comes.
    /// </summary>
    /// <param name="userIds">The users' ids. All watches of a client together may have 100 users.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>What is known, as it changes, until the client is closed.</returns>
    /// <inheritdoc cref="GetAsync(string, CancellationToken)" path="/exception"/>
    public async IAsyncEnumerable<Presence> WatchAsync(
        IEnumerable<string> userIds,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(userIds);
        var watch = new PresenceWatch(userIds);
        lock (changing)
        {
            watches.Add(watch);
        }

        try
        {
            await SubscribeAsync(watch, cancellationToken);
            while (await watch.NextAsync(cancellationToken) is { } news)
            {
                foreach (var presence in news)
                {
                    yield return presence;
                }
            }
        }
        finally
        {
            lock (changing)
            {
                watches.Remove(watch);
            }

            _ = ResubscribeAsync();
        }
    }

    /// <summary>The users whom the server has ever seen and lets this one know of, by their ids; anonymous ones never.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The users; they are asked for 100 at a time.</returns>
    /// <inheritdoc cref="GetAsync(string, CancellationToken)" path="/exception"/>
    public async IAsyncEnumerable<KnownUser> ReadUsersAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        string? after = null;
        do
        {
            var path = after is null ? "/users" : $"/users?after={Uri.EscapeDataString(after)}";
            var page = await calls.GetAsync(path, PresenceJson.Default.UsersAnswer, cancellationToken);
            foreach (var user in page.Users ?? [])
            {
                yield return user;
            }

            after = page.Next;
        } while (after is not null);
    }

    /// <summary>Takes the content of an envelope that tells of a change.</summary>
    internal void Receive(JsonElement content)
    {
        try
        {
            if (content.Deserialize(PresenceJson.Default.Presence) is { } presence)
            {
                Tell([presence]);
            }
        }
        catch (JsonException)
        {
            // From a newer server, perhaps.
        }
    }

    /// <summary>Subscribes a new session to the watched users.</summary>
    internal void Resume()
    {
        lock (changing)
        {
            if (watches.Count == 0)
            {
                return;
            }
        }

        _ = ResubscribeAsync();
    }

    /// <summary>Ends all watches, with the failure if there is one.</summary>
    internal void Close(Exception? why)
    {
        lock (changing)
        {
            watches.ForEach(watch => watch.End(why));
        }
    }

    private void Tell(IReadOnlyList<Presence> all)
    {
        lock (changing)
        {
            foreach (var presence in all)
            {
                watches.ForEach(watch => watch.Tell(presence));
            }
        }
    }

    // A new watch is requested together with the agreed ones; if the server refuses, these stay as they are.
    private async Task SubscribeAsync(PresenceWatch? fresh, CancellationToken cancellationToken)
    {
        await subscribing.WaitAsync(cancellationToken);
        try
        {
            string[] users;
            lock (changing)
            {
                var wanted = watches.Where(watch => watch.IsAgreed || watch == fresh);
                users = [.. wanted.SelectMany(watch => watch.Users).Distinct()];
            }

            Tell(await AskAsync(HttpMethod.Put, "/presence/subscriptions", users, cancellationToken));
            lock (changing)
            {
                fresh?.IsAgreed = true;
            }
        }
        finally
        {
            subscribing.Release();
        }
    }

    private async Task<IReadOnlyList<Presence>> AskAsync(
        HttpMethod method,
        string path,
        string[] users,
        CancellationToken cancellationToken
    )
    {
        var answer = await calls.AskAsync(
            method,
            path,
            JsonSerializer.SerializeToUtf8Bytes(new(users), PresenceJson.Default.UsersRequest),
            PresenceJson.Default.PresenceAnswer,
            isRepeatable: true,
            cancellationToken
        );
        return answer.Presence ?? [];
    }

    private async Task ResubscribeAsync()
    {
        while (true)
        {
            try
            {
                await SubscribeAsync(fresh: null, CancellationToken.None);
                return;
            }
            catch (SignalBrokerException failure) when (Settler.MayPass(failure))
            {
                await Task.Delay(AskAgain, time);
            }
            catch (SignalNotSentException closed) when (closed.Code == SignalBrokerCode.Closed)
            {
                // The client ends the watches itself.
                return;
            }
            catch (SignalBrokerException failure)
            {
                lock (changing)
                {
                    watches.FindAll(watch => watch.IsAgreed).ForEach(watch => watch.End(failure));
                }

                return;
            }
        }
    }
}
