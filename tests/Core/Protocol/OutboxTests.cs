using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;

namespace AtomGrains.Core.Tests.Protocol;

public class OutboxTests
{
    private readonly Outbox _outbox = new();
    private readonly List<string> _carriedOut = [];

    [Fact]
    public void WhatCarryingOutAnEffectAddsIsCarriedOutAfterWhatWasThere()
    {
        Add("a", "b");
        _outbox.Drain(effect =>
        {
            CarryOut(effect);
            if (_carriedOut.Count == 1)
            {
                Add("c", "d");
            }
            else if (_carriedOut[^1] == "c")
            {
                Add("e");
            }
        });
        Assert.Equal(["a", "b", "c", "d", "e"], _carriedOut);
        Assert.Empty(_outbox.Effects);
    }

    [Fact]
    public void AnEffectThatDrainsTheOutboxItselfCarriesNothingOutTwice()
    {
        Add("a", "b");
        _outbox.Drain(effect =>
        {
            CarryOut(effect);
            if (_carriedOut.Count == 1)
            {
                Add("inner");
                _outbox.Drain(CarryOut);
            }
        });
        Assert.Equal(["a", "inner", "b"], _carriedOut);
        Assert.Empty(_outbox.Effects);
    }

    [Fact]
    public void AnEmptyOutboxCarriesNothingOut()
    {
        _outbox.Drain(CarryOut);
        Assert.Empty(_carriedOut);
    }

    private void Add(params string[] names)
    {
        foreach (var name in names)
        {
            _outbox.Add(new RunStopped(name));
        }
    }

    private void CarryOut(Effect effect) => _carriedOut.Add(((RunStopped)effect).Reason);
}
