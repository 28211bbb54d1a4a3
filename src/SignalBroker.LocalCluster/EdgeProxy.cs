namespace SignalBroker.LocalCluster;

/// <summary>What ends TLS in front of everything.</summary>
public enum EdgeProxy
{
    Haproxy,
    Nginx,
}
