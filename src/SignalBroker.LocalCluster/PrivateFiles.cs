namespace SignalBroker.LocalCluster;

/// <summary>Folders and files that only their owner can read.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static string CreateFolder(params string[] path) =>
        Directory.CreateDirectory(Path.Combine(path), OwnerOnly | UnixFileMode.UserExecute).FullName;

    public static string Write(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        };
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
        return path;
    }
}
