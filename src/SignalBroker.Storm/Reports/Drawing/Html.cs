using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace SignalBroker.Storm.Reports.Drawing;

/// <summary>A piece of HTML or SVG; text that is put into one is escaped.</summary>
public sealed class Html
{
    private readonly string markup;

    private Html(string markup) => this.markup = markup;

    public static Html Empty { get; } = new("");

    /// <summary>Keeps the literal parts; what is in braces is escaped, unless it is <see cref="Html"/> itself.</summary>
    public static Html Of(HtmlInterpolation content) => new(content.Markup);

    /// <summary>Text, escaped.</summary>
    public static implicit operator Html(string text) => Of($"{text}");

    /// <summary>Takes text that was written for this place, such as a style sheet, as it is.</summary>
    public static Html Trusted(string markup) => new(markup);

    /// <summary>One piece for each item.</summary>
    public static Html ForEach<T>(IEnumerable<T> items, Func<T, Html> draw) => new(string.Concat(items.Select(draw)));

    /// <summary>A table that scrolls where the page is too narrow; a row's first cell names it.</summary>
    /// <param name="kind">The style sheet's class for it.</param>
    public static Html Table(string kind, string[] columns, IEnumerable<Html[]> rows) =>
        Of(
            $"""
            <div class="wide"><table class="{kind}">
            <thead><tr>{ForEach(columns, column => Of($"<th>{column}</th>"))}</tr></thead>
            <tbody>{ForEach(
                rows,
                row => Of($"<tr><th>{row[0]}</th>{ForEach(row.Skip(1), cell => Of($"<td>{cell}</td>"))}</tr>")
            )}</tbody>
            </table></div>

            """
        );

    public override string ToString() => markup;
}

/// <summary>Escapes what an interpolated string puts into HTML.</summary>
[InterpolatedStringHandler]
public readonly ref struct HtmlInterpolation(int literalLength, int formattedCount)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private readonly StringBuilder builder = new(literalLength + (formattedCount * 16));

    internal string Markup => builder.ToString();

    public void AppendLiteral(string literal) => builder.Append(literal);

    public void AppendFormatted(Html? html) => builder.Append(html);

    public void AppendFormatted(string? text) => builder.Append(Encoder.Encode(text ?? ""));

    public void AppendFormatted(long number) => builder.Append(CultureInfo.InvariantCulture, $"{number}");

    public void AppendFormatted(double number) => builder.Append(CultureInfo.InvariantCulture, $"{number:0.##}");
}
