namespace SignalBroker.Tests.Users;

/// <summary>The tests that share the webapps with tokens.</summary>
[CollectionDefinition]
public sealed class SignedCollection : ICollectionFixture<SignedWebapps>;
