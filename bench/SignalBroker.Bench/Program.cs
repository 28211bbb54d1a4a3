using System.CommandLine;
using System.Globalization;
using SignalBroker.Bench;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var only = new Option<string[]>("--only")
{
    Description = $"measure these sections alone: {string.Join(", ", Sections.Names)}",
    CustomParser = result => result.Tokens.SelectMany(token => token.Value.Split(',')).ToArray(),
};
only.Validators.Add(result =>
{
    if (result.GetValueOrDefault<string[]>()?.Except(Sections.Names).FirstOrDefault() is { } unknown)
    {
        result.AddError($"There is no section '{unknown}', only {string.Join(", ", Sections.Names)}.");
    }
});
var quick = new Option<bool>("--quick")
{
    Description =
        "a smoke: small and short, writes no file; without --only just signals through SignalBroker and the raw broker",
};
var port = new Argument<int>("port");
var allowAll = new Command(AllowAll.Command, "Serves as the raw broker's auth backend.") { port };
allowAll.SetAction((arguments, _) => AllowAll.RunAsync(arguments.GetValue(port)));

var root = new RootCommand("Measures SignalBroker beside the raw broker and other systems.") { only, quick, allowAll };
root.SetAction(
    (arguments, _) =>
        arguments.GetValue(quick)
            ? BenchCommand.SmokeAsync(arguments.GetValue(only) ?? [])
            : BenchCommand.RunAsync(arguments.GetValue(only) ?? [])
);

// The signals are BenchCommand's: ending all servers takes longer than the library would wait.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
