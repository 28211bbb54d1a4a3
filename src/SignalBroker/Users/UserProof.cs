using System.Diagnostics;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Users;

/// <summary>Who a request may connect as.</summary>
internal abstract record ProvenUser
{
    /// <summary>It may connect.</summary>
    /// <param name="UserId">The user; null for an anonymous one.</param>
    /// <param name="ByApplication">Whether a backend connects the user, and not the user.</param>
    public sealed record Known(string? UserId, bool ByApplication = false) : ProvenUser;

    public sealed record Refused(Problem Problem) : ProvenUser;
}

/// <summary>Decides who a request may connect as, by its token or its service key.</summary>
internal sealed class UserProof(
    TokenVerifier tokens,
    ServiceKeys serviceKeys,
    StrangeBehaviorLog strange,
    IOptions<UsersOptions> options
)
{
    private const string Scheme = "Bearer";

    /// <summary>Decides.</summary>
    /// <param name="request">The request, for its <c>Authorization</c>.</param>
    /// <param name="claimed">Who it says that it is; null when it does not say.</param>
    public async ValueTask<ProvenUser> FindAsync(HttpRequest request, string? claimed)
    {
        if (serviceKeys.Read(request) is { IsPresent: true } key)
        {
            if (key.Application is not null)
            {
                return new ProvenUser.Known(claimed, ByApplication: true);
            }

            strange.RecordBruteForce(request.HttpContext, "wrong service key at /connect");
            return new ProvenUser.Refused(Problem.WrongServiceKey);
        }

        var use = options.Value.Tokens;
        if (use == TokenUse.Off)
        {
            return new ProvenUser.Known(claimed);
        }

        if (ReadToken(request) is not { } token)
        {
            return use == TokenUse.Optional && claimed is null
                ? new ProvenUser.Known(UserId: null)
                : new ProvenUser.Refused(Missing(use));
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
                        "The key that the token is signed with is not known, and can't be looked for at the moment.",
                        undecided.RetryAfter
                    )
                );
            default:
                throw new UnreachableException();
        }
    }

    // What begins like a token but is none is refused later, so that nobody connects as somebody else by mistake.
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

    private static Problem Missing(TokenUse use) =>
        Problem.MissingToken(
            use == TokenUse.Required
                ? "A token is needed: 'Authorization: Bearer …'."
                : "A user id needs a token: 'Authorization: Bearer …'. Without one, leave 'userId' out."
        );
}
