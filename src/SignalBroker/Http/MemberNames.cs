namespace SignalBroker.Http;

/// <summary>The names of a body's members or a form's fields.</summary>
/// <remarks>
/// Unknown ones are ignored, so that newer clients can talk to older servers. But a misspelled one must not be: a
/// client that writes <c>userid</c> would become an anonymous user.
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

    /// <summary>The answer to a member that is given twice, of which two readers might take different ones.</summary>
    public static RefusedException GivenTwice(string name) => new(Problem.InvalidMember(name, "is given twice"));
}
