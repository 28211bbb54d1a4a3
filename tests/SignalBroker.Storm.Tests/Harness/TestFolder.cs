namespace SignalBroker.Storm.Tests.Harness;

/// <summary>A folder of its own for each test, removed afterwards.</summary>
public sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("storm-test-");

    public string this[string file] => Path.Combine(folder.FullName, file);

    public void Dispose() => folder.Delete(recursive: true);
}
