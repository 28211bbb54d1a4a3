using SignalBroker.Hosting;

namespace SignalBroker.Http;

/// <summary>The names that members of a body or fields of a form may have.</summary>
/// <remarks>
/// Whatever is not known is ignored, so that newer clients can talk to older servers. But what is only misspelled would
/// be missed silently: a client that writes <c>userid</c> would become an anonymous user.
/// </remarks>
internal static class MemberNames
{
    private const int MaxEchoed = 64;

    /// <summary>Refuses an unknown name that differs from a known one only in case, hyphens or underscores.</summary>
    /// <exception cref="RefusedException">It does.</exception>
    public static void RefuseVariant(string name, IEnumerable<string> known, string path = "")
    {
        if (known.FirstOrDefault(meant => Spelling.IsVariant(name, meant)) is { } meant)
        {
            var echoed = name.Length > MaxEchoed ? $"{name[..MaxEchoed]}…" : name;
            throw new RefusedException(
                Problem.InvalidMember($"{path}{echoed}", $"is not known; did you mean '{path}{meant}'?")
            );
        }
    }

    /// <summary>What is answered to a member that comes twice: two readers might take different ones.</summary>
    public static RefusedException GivenTwice(string name) => new(Problem.InvalidMember(name, "is given twice"));
}
