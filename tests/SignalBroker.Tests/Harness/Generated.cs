namespace SignalBroker.Tests.Harness;

/// <summary>Files of the documentation that are made from the code.</summary>
internal static class Generated
{
    private static readonly bool Rewrites = Environment.GetEnvironmentVariable("REWRITE_DOCS") == "1";

    /// <summary>Holds a file to what the code says; with <c>REWRITE_DOCS=1</c> writes it first.</summary>
    public static async Task FileAsync(string path, string expected)
    {
        var token = TestContext.Current.CancellationToken;
        if (Rewrites)
        {
            await File.WriteAllTextAsync(path, expected, token);
        }

        (await File.ReadAllTextAsync(path, token)).ShouldBe(expected, "'make docs-reference' writes it anew.");
    }
}
