namespace TorchSharp;

/// <summary>Kinds of devices, numbered as in libtorch.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
}
