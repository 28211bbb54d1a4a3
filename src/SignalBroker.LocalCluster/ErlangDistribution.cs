namespace SignalBroker.LocalCluster;

/// <summary>What the cluster's Erlang programs share: a private home with a cookie, and a private epmd.</summary>
internal sealed class ErlangDistribution
{
    public const string Host = "localhost";

    // Without -start_epmd false a node or rabbitmqctl that misses epmd leaves a daemon behind.
    public const string Arguments = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false";

    public ErlangDistribution(Run run)
    {
        var home = PrivateFiles.CreateFolder(run.DataFolder, "home");
        var cookie = PrivateFiles.Write(home, ".erlang.cookie", Secrets.NewPassword());
        File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
        Epmd = new Server(run, "epmd", _ => new("epmd") { Environment = Environment! });
        Environment = new Dictionary<string, string>
        {
            ["HOME"] = home,
            ["LC_ALL"] = "C.UTF-8",
            ["ERL_EPMD_PORT"] = Epmd.Port.ToString(),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
        };
    }

    /// <summary>The Erlang port mapper of this cluster alone; a shared one would outlive the nodes.</summary>
    public Server Epmd { get; }

    public IReadOnlyDictionary<string, string> Environment { get; }
}
