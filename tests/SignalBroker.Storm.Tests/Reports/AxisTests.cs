using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Reports.Drawing;
using SignalBroker.Storm.Wording;

namespace SignalBroker.Storm.Tests.Reports;

/// <summary>The marks of axes: round, with units, few, and within.</summary>
public sealed class AxisTests
{
    [Theory]
    [InlineData(0, "0 0.5 1")]
    [InlineData(1, "0 0.5 1")]
    [InlineData(7, "0 2 4 6 8")]
    [InlineData(500, "0 200 400 600")]
    [InlineData(2_000_000, "0 500k 1M 1.5M 2M")]
    [InlineData(double.NaN, "0 0.5 1")]
    [InlineData(double.PositiveInfinity, "0 0.5 1")]
    public void A_linear_axis_begins_at_zero_and_holds_its_greatest_value(double max, string labels) =>
        LabelsOf(Axis.Linear(max, Quantity.Rounded)).ShouldBe(labels);

    [Fact]
    public void Counts_have_no_halves() => LabelsOf(Axis.Linear(1, Quantity.Rounded, smallestStep: 1)).ShouldBe("0 1");

    [Fact]
    public void Memory_has_round_steps_of_its_own_unit() =>
        LabelsOf(Axis.Linear(3.5 * 1024 * 1024, Quantity.Size, unit: 1024 * 1024))
            .ShouldBe("0 1 GiB 2 GiB 3 GiB 4 GiB");

    [Theory]
    [InlineData(300, 4_000, "200 µs|500 µs|1 ms|2 ms|5 ms")]
    [InlineData(1, 3_600_000_000, "1 µs|100 µs|10 ms|1 s|100 s")]
    [InlineData(800, 800, "500 µs|1 ms")]
    public void A_logarithmic_axis_marks_round_values(double min, double max, string labels) =>
        string.Join('|', Axis.Logarithmic(min, max, Quantity.Duration).Marks.Select(mark => mark.Label))
            .ShouldBe(labels);

    [Theory]
    [InlineData(1, "0|1 s")]
    [InlineData(42, "0|10 s|20 s|30 s|40 s")]
    [InlineData(150, "0|0:30|1:00|1:30|2:00|2:30")]
    [InlineData(300, "0|1 min|2 min|3 min|4 min|5 min")]
    [InlineData(9_000, "0|0:30 h|1:00 h|1:30 h|2:00 h|2:30 h")]
    [InlineData(36_000, "0|2 h|4 h|6 h|8 h|10 h")]
    [InlineData(10_000_000, "0|480 h|960 h|1440 h|1920 h|2400 h")]
    public void A_time_axis_reads_like_a_clock(double seconds, string labels) =>
        string.Join('|', Axis.Time(seconds).Marks.Select(mark => mark.Label)).ShouldBe(labels);

    [Fact]
    public void Each_further_nine_has_the_same_length()
    {
        var axis = Axis.Nines(4);

        LabelsOf(axis).ShouldBe("50% 90% 99% 99.9% 99.99%");
        axis.At(0).ShouldBe(0);
        axis.At(0.9).ShouldBe(0.25, 1e-9);
        axis.At(0.99).ShouldBe(0.5, 1e-9);
        axis.At(1).ShouldBe(1);
    }

    private static string LabelsOf(Axis axis)
    {
        axis.Marks.ShouldAllBe(mark => mark.Position >= 0 && mark.Position <= 1);
        return string.Join(' ', axis.Marks.Select(mark => mark.Label));
    }
}
