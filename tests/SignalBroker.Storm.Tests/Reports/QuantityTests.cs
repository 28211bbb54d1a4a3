using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Tests.Reports;

/// <summary>Numbers as people read them.</summary>
public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 µs")]
    [InlineData(850, "850 µs")]
    [InlineData(999.6, "1 ms")]
    [InlineData(1_250, "1.25 ms")]
    [InlineData(99_960, "100 ms")]
    [InlineData(999_600, "1 s")]
    [InlineData(3_600_000_000, "3600 s")]
    [InlineData(-1_500, "-1.5 ms")]
    public void A_duration_has_the_unit_that_fits(double microseconds, string text) =>
        Quantity.Duration(microseconds).ShouldBe(text);

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.25, "0.25")]
    [InlineData(999, "999")]
    [InlineData(1_234, "1,234")]
    [InlineData(9_999.9, "10k")]
    [InlineData(999_600, "1M")]
    [InlineData(98_765_432_109, "98.8G")]
    public void A_great_number_is_rounded(double number, string text) => Quantity.Rounded(number).ShouldBe(text);

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(2.5, "2.5 s")]
    [InlineData(59.6, "60 s")]
    [InlineData(119.6, "2 min")]
    [InlineData(330, "5 min 30 s")]
    [InlineData(7_500, "2 h 5 min")]
    public void A_run_has_a_length(double seconds, string text) => Quantity.Length(seconds).ShouldBe(text);

    [Theory]
    [InlineData(0, "0%")]
    [InlineData(0.00001, "< 0.01%")]
    [InlineData(0.5, "50%")]
    [InlineData(0.999999, "> 99.99%")]
    [InlineData(1, "100%")]
    public void A_share_is_neither_all_nor_nothing_unless_it_is(double share, string text) =>
        Quantity.Share(share).ShouldBe(text);

    [Theory]
    [InlineData(91.4, "KiB", "91.4 KiB")]
    [InlineData(2048, "KiB", "2 MiB")]
    [InlineData(139, "µs", "139 µs")]
    [InlineData(187.3, "/s", "187/s")]
    [InlineData(12, "", "12")]
    [InlineData(95, "s", "95 s")]
    [InlineData(600, "s", "10 min")]
    [InlineData(3, "sockets", "3 sockets")]
    [InlineData(double.NaN, "KiB", "–")]
    public void A_figure_keeps_its_unit(double value, string unit, string text) =>
        Quantity.Of(value, unit).ShouldBe(text);
}
