using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using SignalBroker.LocalCluster;

namespace SignalBroker.Containers.Tests.Kubernetes;

/// <summary>What can be known of deploy/kubernetes without a cluster: each manifest is as Kubernetes' API has it, and what it names is there.</summary>
public sealed partial class ManifestTests
{
    private const string PodName = "statefulset.kubernetes.io/pod-name";

    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "kubernetes");

    // Strict: a property that the API does not know is an error.
    private readonly IReadOnlyList<object> manifests =
    [
        .. Resources().SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true)),
    ];

    private IEnumerable<V1PodTemplateSpec> Pods =>
        [
            .. Of<V1Deployment>().Select(each => each.Spec.Template),
            .. Of<V1StatefulSet>().Select(each => each.Spec.Template),
        ];

    [Fact]
    public void Every_file_is_one_of_the_resources() =>
        Resources()
            .Order(StringComparer.Ordinal)
            .ShouldBe(
                Directory
                    .EnumerateFiles(Folder, "*.yaml")
                    .Where(file => Path.GetFileName(file) != "kustomization.yaml")
                    .Order(StringComparer.Ordinal)
            );

    [Fact]
    public void Every_selector_finds_pods()
    {
        foreach (var service in Of<V1Service>())
        {
            var selector = service.Spec.Selector.Where(label => label.Key != PodName);
            var pod = Pods.Single(each => Fits(selector, each));
            foreach (var port in service.Spec.Ports)
            {
                Ports(pod).ShouldContain(port.TargetPort.Value, service.Metadata.Name);
            }
        }

        foreach (
            var labels in (IEnumerable<IDictionary<string, string>>)
                [
                    .. Of<V1PodDisruptionBudget>().Select(budget => budget.Spec.Selector.MatchLabels),
                    .. Of<V1NetworkPolicy>()
                        .Select(policy => policy.Spec.PodSelector.MatchLabels)
                        .Where(each => each is not null),
                    .. Of<V1NetworkPolicy>()
                        .SelectMany(policy => policy.Spec.Ingress ?? [])
                        .SelectMany(rule => rule.FromProperty ?? [])
                        .Where(peer => peer.PodSelector is not null)
                        .Select(peer => peer.PodSelector.MatchLabels),
                ]
        )
        {
            Pods.Count(pod => Fits(labels, pod)).ShouldBe(1);
        }
    }

    [Fact]
    public void The_firewall_names_ports_that_are_there() =>
        Of<V1NetworkPolicy>()
            .SelectMany(policy =>
                (policy.Spec.Ingress ?? [])
                    .SelectMany(rule => rule.Ports)
                    .Select(port =>
                        (Pod: Pods.Single(pod => Fits(policy.Spec.PodSelector.MatchLabels, pod)), port.Port.Value)
                    )
            )
            .ShouldAllBe(opened => Ports(opened.Pod).Contains(opened.Value));

    [Fact]
    public void Every_host_leads_to_a_service_and_has_a_certificate()
    {
        var ingress = Of<V1Ingress>().Single().Spec;
        foreach (var backend in ingress.Rules.SelectMany(rule => rule.Http.Paths).Select(path => path.Backend.Service))
        {
            ServiceOf(backend.Name).Spec.Ports.Select(port => port.Name).ShouldContain(backend.Port.Name);
        }

        ingress.Rules.Select(rule => rule.Host).ShouldBe(ingress.Tls.Single().Hosts);
        var settings = Of<V1ConfigMap>().Single().Data;
        settings
            .Where(setting => setting.Key.EndsWith("Address", StringComparison.Ordinal))
            .Select(setting => new Uri(setting.Value))
            .ShouldAllBe(address =>
                ingress.Rules.Any(rule =>
                    rule.Host == address.Host && rule.Http.Paths.Single().Path == address.AbsolutePath
                )
            );
    }

    [Fact]
    public void Each_node_has_a_service_of_its_own_and_every_webapp_knows_it()
    {
        var nodes = Of<V1StatefulSet>().Single();
        ServiceOf(nodes.Spec.ServiceName).Spec.ClusterIP.ShouldBe("None");
        var names = Enumerable
            .Range(0, nodes.Spec.Replicas!.Value)
            .Select(number => $"{nodes.Metadata.Name}-{number}")
            .ToList();

        names.ShouldAllBe(name => ServiceOf(name).Spec.Selector[PodName] == name);
        Of<V1ConfigMap>()
            .Single()
            .Data.Where(setting =>
                Regex.IsMatch(setting.Key, "^Nodes__[0-9]+__Name$", RegexOptions.None, TimeSpan.FromSeconds(1))
            )
            .Select(setting => setting.Value)
            .ShouldBe(names);
    }

    [Fact]
    public void Replicas_follow_the_load_of_what_is_there()
    {
        var target = Of<V2HorizontalPodAutoscaler>().Single().Spec.ScaleTargetRef;
        Of<V1Deployment>().Single().Metadata.Name.ShouldBe(target.Name);
        // Else each `kubectl apply` would undo what it has done.
        Of<V1Deployment>().Single().Spec.Replicas.ShouldBeNull();
    }

    [Fact]
    public void Every_setting_is_one()
    {
        var known = Setting()
            .Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "settings.md")))
            .Select(setting => setting.Groups["name"].Value)
            .ToHashSet(StringComparer.Ordinal);
        IEnumerable<string> given =
        [
            .. Of<V1ConfigMap>().SelectMany(map => map.Data.Keys),
            .. Pods.SelectMany(pod => pod.Spec.Containers)
                .SelectMany(container => container.Env)
                .Select(each => each.Name),
        ];

        given
            .Where(name => name.Contains("__", StringComparison.Ordinal))
            .Select(name => Number().Replace(name.Replace("__", ":", StringComparison.Ordinal), ":0"))
            .ShouldBeSubsetOf(known);
    }

    [Fact]
    public void No_pod_has_rights_that_it_does_not_need() =>
        Pods.SelectMany(pod =>
                pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).Select(each => (pod.Spec, each))
            )
            .ShouldAllBe(part =>
                part.Spec.SecurityContext.RunAsNonRoot == true
                && part.each.SecurityContext.AllowPrivilegeEscalation == false
                && part.each.SecurityContext.Capabilities.Drop.Single() == "ALL"
            );

    private static IEnumerable<string> Resources() =>
        File.ReadLines(Path.Combine(Folder, "kustomization.yaml"))
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("- ", StringComparison.Ordinal))
            .Select(line => Path.Combine(Folder, line[2..]));

    private static bool Fits(IEnumerable<KeyValuePair<string, string>> selector, V1PodTemplateSpec pod) =>
        selector.All(label => pod.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    private static IEnumerable<string> Ports(V1PodTemplateSpec pod) =>
        pod.Spec.Containers.SelectMany(container => container.Ports).Select(port => port.Name);

    private IEnumerable<T> Of<T>() => manifests.OfType<T>();

    private V1Service ServiceOf(string name) => Of<V1Service>().Single(service => service.Metadata.Name == name);

    [GeneratedRegex("^\\| `(?<name>[A-Za-z]+:[A-Za-z0-9:]+)`", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Setting();

    [GeneratedRegex(":[0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
