namespace SignalBroker.LocalCluster;

/// <summary>What the cluster's Erlang programs share: a private home with a cookie, and a private epmd.</summary>
internal sealed class ErlangDistribution
{
    public const string Host = "localhost";

    // Without -start_epmd false a node or rabbitmqctl that misses epmd leaves a daemon behind.
    public const string Arguments = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false";

    public ErlangDistribution(Run run)
    {
        EpmdPort = run.Ports.Next();
        var home = PrivateFiles.CreateFolder(run.DataFolder, "home");
        var cookie = PrivateFiles.Write(home, ".erlang.cookie", Secrets.NewPassword());
        File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
        Environment = new Dictionary<string, string>
        {
            ["HOME"] = home,
            ["LC_ALL"] = "C.UTF-8",
            ["ERL_EPMD_PORT"] = EpmdPort.ToString(),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
        };
    }

    public int EpmdPort { get; }

    public IReadOnlyDictionary<string, string> Environment { get; }
}
