namespace SignalBroker.Hosting;

/// <summary>Finds out which name a misspelled one was meant to be.</summary>
internal static class Spelling
{
    // One slip in a short name, two in a longer one.
    private const int LettersPerSlip = 4;
    private const int MaxSlips = 2;

    /// <summary>Whether two names differ only in case, hyphens and underscores.</summary>
    public static bool IsVariant(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        while (true)
        {
            one = one.TrimStart("-_");
            other = other.TrimStart("-_");
            if (one.IsEmpty || other.IsEmpty)
            {
                return one.IsEmpty && other.IsEmpty;
            }

            if (char.ToLowerInvariant(one[0]) != char.ToLowerInvariant(other[0]))
            {
                return false;
            }

            one = one[1..];
            other = other[1..];
        }
    }

    /// <summary>The known name that is closest to a wrong one; null if none is close.</summary>
    public static string? Closest(string wrong, IEnumerable<string> known) =>
        known
            .Select(name => (Name: name, Slips: IsVariant(wrong, name) ? 0 : EditDistance(wrong, name)))
            .Where(candidate => candidate.Slips <= Math.Clamp(candidate.Name.Length / LettersPerSlip, 1, MaxSlips))
            .OrderBy(candidate => candidate.Slips)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();

    // How many letters are missing, added, changed or swapped, whatever their case (optimal string alignment).
    private static int EditDistance(string one, string other)
    {
        var distance = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                distance[i, j] =
                    i == 0 || j == 0
                        ? i + j
                        : Math.Min(
                            Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1,
                            distance[i - 1, j - 1] + (Same(i, j) ? 0 : 1)
                        );
                if (i > 1 && j > 1 && Same(i, j - 1) && Same(i - 1, j))
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }

        return distance[one.Length, other.Length];

        bool Same(int i, int j) => char.ToLowerInvariant(one[i - 1]) == char.ToLowerInvariant(other[j - 1]);
    }
}
