// Torch's generator and its thread counts belong to the process, and several tests build models outside the step loop.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
