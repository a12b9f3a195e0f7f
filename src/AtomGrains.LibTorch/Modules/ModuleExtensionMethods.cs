namespace TorchSharp;

/// <summary>Conversions of whole modules.</summary>
public static class ModuleExtensionMethods
{
    public static T to<T>(this T module, torch.Device device, bool non_blocking = false)
        where T : torch.nn.Module
    {
        module.Convert(tensor => tensor.to(device, non_blocking: non_blocking));
        return module;
    }

    public static T to<T>(this T module, torch.ScalarType type, bool non_blocking = false)
        where T : torch.nn.Module
    {
        module.Convert(tensor => tensor.to(type, non_blocking: non_blocking));
        return module;
    }
}
