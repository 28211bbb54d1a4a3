using System.Net.Http.Headers;

namespace SignalBroker.Client.Http;

/// <summary>Proves to <c>/connect</c> who the user is: by a token, a backend's service key, or not at all.</summary>
internal sealed class UserProof(SignalBrokerClientOptions options)
{
    private AuthenticationHeaderValue? current = options.ServiceKey is { } key ? ServiceKey(key) : null;

    /// <summary>Whether the application has been asked for a token and has not brought it yet.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>Whether the application may have another one when this one is refused.</summary>
    public bool HasOthers => options.Token is not null;

    public static AuthenticationHeaderValue ServiceKey(string key) => new("ServiceKey", key);

    /// <summary>The Authorization header; null for none.</summary>
    /// <exception cref="TokenUnavailableException">The application's source of tokens failed.</exception>
    public async ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken)
    {
        if (current is null && options.Token is not null)
        {
            try
            {
                IsAsked = true;
                // A source that ignores cancellation must not hold up the client.
                current = new("Bearer", await options.Token(cancellationToken).AsTask().WaitAsync(cancellationToken));
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TokenUnavailableException(
                    $"The application could not provide the token: {failure.Message}",
                    failure
                );
            }
            finally
            {
                IsAsked = false;
            }
        }

        return current;
    }

    /// <summary>Drops a token that was refused.</summary>
    public void Forget() => current = HasOthers ? null : current;
}
