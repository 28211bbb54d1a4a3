using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace SignalBroker.Hosting;

/// <summary>Builds an async method whose suspended calls reuse the memory of earlier ones.</summary>
/// <remarks>
/// .NET's <see cref="PoolingAsyncValueTaskMethodBuilder{TResult}"/> keeps one call per thread and core, but many more
/// wait for the broker at a time. As with that one, the method's task may be awaited only once.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
public struct ReusingMethodBuilder<TResult>
{
    // For a call that never waits.
    private AsyncValueTaskMethodBuilder<TResult> plain;
    private SuspendedCall<TResult>? suspended;

    public ValueTask<TResult> Task => suspended?.Task ?? plain.Task;

#pragma warning disable CA1000 // The compiler calls it.
    public static ReusingMethodBuilder<TResult> Create() => default;
#pragma warning restore CA1000

    /// <summary>Runs the method until it first waits.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => plain.Start(ref stateMachine);

    /// <summary>Does nothing; only debug builds of old compilers need it.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine) { }

    public void SetResult(TResult result)
    {
        if (suspended is null)
        {
            plain.SetResult(result);
        }
        else
        {
            suspended.SetResult(result);
        }
    }

    public void SetException(Exception exception)
    {
        if (suspended is null)
        {
            plain.SetException(exception);
        }
        else
        {
            suspended.SetException(exception);
        }
    }

    /// <summary>Continues when the awaiter is done.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(Suspend(ref stateMachine));

    /// <inheritdoc cref="AwaitOnCompleted" />
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(Suspend(ref stateMachine));

    private Action Suspend<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (suspended is not SuspendedCall<TResult, TStateMachine> call)
        {
            call = SuspendedCall<TResult, TStateMachine>.Rent();
            // First, because the state machine that is copied next contains this builder.
            suspended = call;
            call.Keep(ref stateMachine);
        }

        return call.Suspend();
    }
}

/// <summary>A waiting call, and the task that its caller awaits.</summary>
internal abstract class SuspendedCall<TResult> : IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> source;

    public ValueTask<TResult> Task => new(this, source.Version);

    public void SetResult(TResult result) => source.SetResult(result);

    public void SetException(Exception exception) => source.SetException(exception);

    public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => source.OnCompleted(continuation, state, token, flags);

    public TResult GetResult(short token)
    {
        // Throws for a second await, whose token is old.
        source.GetStatus(token);
        try
        {
            return source.GetResult(token);
        }
        finally
        {
            source.Reset();
            Return();
        }
    }

    private protected abstract void Return();
}

/// <summary>A waiting call of one method.</summary>
internal sealed class SuspendedCall<TResult, TStateMachine> : SuspendedCall<TResult>
    where TStateMachine : IAsyncStateMachine
{
    private const int MaxKept = 1024;

    private static readonly DefaultObjectPool<SuspendedCall<TResult, TStateMachine>> Pool = new(
        new DefaultPooledObjectPolicy<SuspendedCall<TResult, TStateMachine>>(),
        MaxKept
    );

    private readonly Action goOn;
    private TStateMachine stateMachine = default!;
    private ExecutionContext? context;

    public SuspendedCall() => goOn = Continue;

    public static SuspendedCall<TResult, TStateMachine> Rent() => Pool.Get();

    public void Keep(ref TStateMachine started) => stateMachine = started;

    /// <summary>What to call when the awaited operation is done.</summary>
    public Action Suspend()
    {
        context = ExecutionContext.Capture();
        return goOn;
    }

    private protected override void Return()
    {
        (stateMachine, context) = (default!, null);
        Pool.Return(this);
    }

    private void Continue()
    {
        if (context is null)
        {
            stateMachine.MoveNext();
        }
        else
        {
            ExecutionContext.Run(
                context,
                static call => ((SuspendedCall<TResult, TStateMachine>)call!).stateMachine.MoveNext(),
                this
            );
        }
    }
}
