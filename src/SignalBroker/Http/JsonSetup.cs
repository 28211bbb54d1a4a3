using System.Text.Json.Serialization;

namespace SignalBroker.Http;

/// <summary>Lets each folder add the JSON bodies that it reads and writes.</summary>
internal static class JsonSetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddJson(JsonSerializerContext bodies) =>
            builder.Services.ConfigureHttpJsonOptions(json =>
                json.SerializerOptions.TypeInfoResolverChain.Insert(0, bodies)
            );
    }
}
