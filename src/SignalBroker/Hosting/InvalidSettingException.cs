namespace SignalBroker.Hosting;

/// <summary>A setting is missing or wrong; the message is one line that names its key.</summary>
internal sealed class InvalidSettingException(string message) : Exception(message);
