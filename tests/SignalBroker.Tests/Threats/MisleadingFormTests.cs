using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SignalBroker.Client;
using SignalBroker.Tests.Compatibility;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>The original project's forms prove nothing else than what they say, so they must say one thing.</summary>
[Collection<OriginalCollection>]
public sealed class MisleadingFormTests(OriginalCluster original)
{
    [Theory]
    [InlineData("/exchange", "fromUserId=alice&fromUserId=bob&toUserId=carol&content=1", "'fromUserId' is given twice")]
    [InlineData("/exchange", "fromuserid=alice&toUserId=carol&content=1", "did you mean 'fromUserId'")]
    [InlineData("/disconnect", "queueName=a&queueName=b", "'queueName' is given twice")]
    [InlineData("/disconnect", "queuename=a", "did you mean 'queueName'")]
    public async Task They_are_refused_when_they_can_be_read_in_two_ways(string path, string form, string expected)
    {
        var answer = await original.Api.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded"),
            }
        );

        answer.Status.ShouldBe(HttpStatusCode.BadRequest, answer.Body);
        answer.Body.ShouldContain(expected);
    }
}
