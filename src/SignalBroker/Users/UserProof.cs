using System.Diagnostics;
using Microsoft.Net.Http.Headers;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Users;

/// <summary>Whom a request may connect as.</summary>
internal abstract record ProvenUser
{
    /// <param name="UserId">Null for an anonymous user.</param>
    /// <param name="ByApplication">Whether it is a backend that connects the user.</param>
    public sealed record Known(string? UserId, bool ByApplication = false) : ProvenUser;

    public sealed record Refused(Problem Problem) : ProvenUser;
}

/// <summary>Decides whom a request may connect as, by its token or its service key.</summary>
internal sealed class UserProof(
    TokenVerifier tokens,
    ServiceKeyProof applications,
    StrangeBehaviorLog strange,
    IOptions<UsersOptions> options
)
{
    private const string Scheme = "Bearer";

    /// <param name="claimed">The user id that it gives; null if it gives none.</param>
    /// <exception cref="RefusedException">It has a wrong service key.</exception>
    public async ValueTask<ProvenUser> FindAsync(HttpRequest request, string? claimed)
    {
        if (applications.FindApplication(request, "/connect") is not null)
        {
            return new ProvenUser.Known(claimed, ByApplication: true);
        }

        var use = options.Value.Tokens;
        if (use == TokenUse.Off)
        {
            return new ProvenUser.Known(claimed);
        }

        if (ReadToken(request) is not { } token)
        {
            return use == TokenUse.Required
                    ? new ProvenUser.Refused(Problem.MissingToken("A token is needed: 'Authorization: Bearer …'."))
                : claimed is null ? new ProvenUser.Known(UserId: null)
                : new ProvenUser.Refused(
                    Problem.MissingToken(
                        "A user id needs a token: 'Authorization: Bearer …'. Without one, leave 'userId' out."
                    )
                );
        }

        return await JudgeAsync(request, token, claimed);
    }

    private async ValueTask<ProvenUser> JudgeAsync(HttpRequest request, string token, string? claimed)
    {
        switch (await tokens.VerifyAsync(token))
        {
            case TokenVerdict.Proves proves when claimed is null || claimed == proves.UserId:
                return new ProvenUser.Known(proves.UserId);
            case TokenVerdict.Proves:
                return new ProvenUser.Refused(
                    Problem.Of(
                        StatusCodes.Status403Forbidden,
                        "user-id-mismatch",
                        $"'userId' is not the '{options.Value.UserIdClaim}' of the token; leave it out."
                    )
                );
            case TokenVerdict.Expired:
                return new ProvenUser.Refused(Problem.InvalidToken("token-expired", "The token has expired."));
            case TokenVerdict.Refused refused:
                if (refused.Forged)
                {
                    strange.RecordBruteForce(request.HttpContext, "token with a wrong signature at /connect");
                }

                return new ProvenUser.Refused(
                    Problem.InvalidToken("token-invalid", $"The token is refused: {refused.Flaw}.")
                );
            case TokenVerdict.Undecided undecided:
                return new ProvenUser.Refused(
                    Problem.Of(
                        StatusCodes.Status503ServiceUnavailable,
                        "token-keys-unavailable",
                        "The key that the token is signed with is not known, and can't be fetched at the moment.",
                        undecided.RetryAfter
                    )
                );
            default:
                throw new UnreachableException();
        }
    }

    // What looks like a token but isn't one is refused later, so that nobody connects as somebody else by mistake.
    private static string? ReadToken(HttpRequest request)
    {
        var header = request.Headers[HeaderNames.Authorization];
        if (header.Count > 1)
        {
            return "";
        }

        var value = header.ToString();
        return
            value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && (value.Length == Scheme.Length || value[Scheme.Length] == ' ')
            ? value[Scheme.Length..].Trim(' ')
            : null;
    }
}
