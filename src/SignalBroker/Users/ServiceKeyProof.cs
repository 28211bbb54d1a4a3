using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Users;

/// <summary>Finds out which application a request comes from.</summary>
internal sealed class ServiceKeyProof(ServiceKeys keys, StrangeBehaviorLog strange)
{
    /// <summary>The application whose service key the request has; null if it has none.</summary>
    /// <param name="path">What it asks for, for the record of a wrong key.</param>
    /// <exception cref="RefusedException">The key is wrong.</exception>
    public string? FindApplication(HttpRequest request, string path)
    {
        var (isPresent, application) = keys.Read(request);
        if (isPresent && application is null)
        {
            strange.RecordBruteForce(request.HttpContext, $"wrong service key at {path}");
            throw new RefusedException(Problem.WrongServiceKey);
        }

        return application;
    }
}
