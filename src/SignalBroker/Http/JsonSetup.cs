using System.Text.Json.Serialization;

namespace SignalBroker.Http;

/// <summary>Lets each folder say for itself which JSON bodies it reads and writes.</summary>
internal static class JsonSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds bodies to those that requests and answers may have.</summary>
        public void AddJson(JsonSerializerContext bodies) =>
            builder.Services.ConfigureHttpJsonOptions(json =>
                json.SerializerOptions.TypeInfoResolverChain.Insert(0, bodies)
            );
    }
}
