using SignalBroker.Tests.Harness;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(SharedServersFirst))]

namespace SignalBroker.Tests.Harness;

/// <summary>Begins with the classes that share servers and take turns: they take longest, and the others fit in beside them.</summary>
public sealed class SharedServersFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections
    )
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionClassName is null)];
}
