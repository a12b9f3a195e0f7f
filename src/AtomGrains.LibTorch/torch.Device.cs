namespace TorchSharp;

public static partial class torch
{
    /// <summary>Where a tensor is: <c>cpu</c>, <c>cuda</c> (the current GPU) or <c>cuda:N</c>.</summary>
    public class Device
    {
        /// <exception cref="ArgumentException">The kind is not one that the binding knows.</exception>
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Enum.Parse<DeviceType>(parts[0], ignoreCase: true);
            index = parts.Length == 2 ? int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : -1;
        }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        public DeviceType type { get; }

        /// <summary>-1 is the current device of that kind.</summary>
        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        public override string ToString() => type == DeviceType.CPU ? "cpu" : index == -1 ? "cuda" : $"cuda:{index}";
    }

    public static readonly Device CPU = new(DeviceType.CPU);

    public static Device CUDA => new(DeviceType.CUDA);

    public static Device device(string description) => new(description);

    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);
}
