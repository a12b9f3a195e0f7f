using System.Globalization;
using AtomGrains.Torch.Bench;
using AtomGrains.Torch.Engine;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["lane", ..]:
        LaneTime.Print(args.Length > 1 ? int.Parse(args[1]) : 60);
        return 0;
    case ["hash"]:
        LaneHash.Print();
        return 0;
    case ["abort"]:
        LaneHash.Abort();
        return 1; // not reached
    case ["parity", var file, ..]:
        NanoGptParity.Run(File.ReadAllText(file), args.Length > 2 ? int.Parse(args[2]) : 2000, args.Length > 3 ? ulong.Parse(args[3]) : 1337);
        return 0;
    case ["describe"]:
        Console.WriteLine(TensorEngine.Describe(NanoGptParity.Spec(vocabulary: 65, steps: 1, seed: 1)));
        return 0;
    default:
        Console.Error.WriteLine("usage: lane [REPEATS] | hash | abort | parity FILE [STEPS [SEED]] | describe");
        return 2;
}
