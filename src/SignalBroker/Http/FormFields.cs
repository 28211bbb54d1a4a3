using Microsoft.Extensions.Primitives;

namespace SignalBroker.Http;

/// <summary>The fields of a form, each spelled correctly and given once.</summary>
internal readonly struct FormFields
{
    private readonly IFormCollection form;

    /// <exception cref="RefusedException">One is misspelled or given twice.</exception>
    public FormFields(IFormCollection form, params IReadOnlyCollection<string> known)
    {
        this.form = form;
        foreach (var (name, values) in form)
        {
            // The form itself ignores case.
            if (!known.Contains(name))
            {
                MemberNames.RefuseVariant(name, known);
            }
            else if (values.Count > 1)
            {
                throw MemberNames.GivenTwice(name);
            }
        }
    }

    /// <summary>A field; null if it is missing.</summary>
    public string? this[string name] => form.TryGetValue(name, out StringValues values) ? values[0] : null;
}
