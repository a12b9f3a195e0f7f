using AtomGrains.Core.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>What becomes of a coordinator's wishes on checkpoints; called on the keeper's thread.</summary>
public interface ICheckpointEvents
{
    void OnManifestWritten(CheckpointManifest manifest);

    void OnManifestNotWritten(CheckpointManifest manifest, string reason);

    void OnCheckpointFound(FoundCheckpoint found);

    void OnNewestWritten(DateTimeOffset at);
}
