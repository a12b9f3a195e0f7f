namespace AtomGrains.Commands.Options;

/// <summary>
/// Every setting of <c>train</c> and <c>demo</c> with its default: the only place where defaults are. Those of
/// model and optimizer are nanoGPT's for small models on a CPU.
/// </summary>
public static class Settings
{
    public static readonly Setting Data =
        new("data", "FILE|DIR", "Text to train on: a UTF-8 file, or a folder of them.");
    public static readonly Setting Out =
        new("out", "DIR", "Run folder; new, without files of a run's names, or holding this very run unfinished.");
    public static readonly Setting Config =
        new("config", "FILE.yaml", "Settings from a file: 'name: value' lines with the names of these options.");
    // No text default: the program's first job, or gpt where it brings none.
    public static readonly Setting Job =
        new("job", "NAME", "Which of the program's jobs to train; its first one, or gpt, unless given.");
    public static readonly Setting Workers = new("workers", "N", "Worker processes.", "4");
    public static readonly Setting Spares =
        new("spares", "N", "Processes that wait, started, for a worker to die.", "0");
    public static readonly Setting Steps = new("steps", "N", "Optimizer steps.", "2000");
    public static readonly Setting Seed = new("seed", "N", "Seed of weights, data order and dropout.", "1337");

    // At least four lanes a worker, or the loss of one costs the others more than its share.
    public static readonly Setting Lanes = new("lanes", "N", "Equal slices of every batch; a power of two.", "16");
    public static readonly Setting GlobalBatch =
        new("global-batch", "N", "Samples a step; a multiple of the lanes.", "32");
    public static readonly Setting Context = new("context", "N", "Tokens a sample.", "128");
    public static readonly Setting Layers = new("layers", "N", "Transformer blocks.", "4");
    public static readonly Setting Heads = new("heads", "N", "Attention heads.", "4");
    public static readonly Setting Width = new("width", "N", "Embedding width; a multiple of the heads.", "128");
    public static readonly Setting Bias =
        new("bias", "true|false", "Biases in linear layers and norms.", "false") { IsSwitch = true };
    public static readonly Setting Dropout = new("dropout", "P", "Probability that an activation is dropped.", "0");
    public static readonly Setting LearningRate = new("lr", "X", "Largest learning rate.", "1e-3");
    public static readonly Setting MinimumLearningRate = new("min-lr", "X", "Learning rate at the last step.", "1e-4");
    public static readonly Setting Warmup = new("warmup", "N", "Steps of linear warm-up.", "100");
    public static readonly Setting Beta1 = new("beta1", "X", "AdamW's decay of the gradient's mean.", "0.9");
    public static readonly Setting Beta2 =
        new("beta2", "X", "AdamW's decay of its square; lower than usual, for small batches.", "0.99");
    public static readonly Setting WeightDecay = new("weight-decay", "X", "Decay of matrices.", "0.1");
    public static readonly Setting Clip = new("clip", "X", "Largest gradient norm; 0 is off.", "1.0");
    public static readonly Setting Tokenizer = new("tokenizer", "char|byte", "How text becomes tokens.", "char");
    public static readonly Setting EvalEvery =
        new("eval-every", "N", "Steps between validations; 0 is only at the end.", "250");
    public static readonly Setting EvalBatches = new("eval-batches", "N", "Batches of one validation.", "20");
    public static readonly Setting Device = new("device", "cpu|cuda:N[,...]", "Where workers compute: one device, or those of a machine.", "cpu");
    // None: a model's need is its user's to know, and most machines have devices of one size.
    public static readonly Setting DeviceMemory =
        new("device-memory", "SIZE", "Memory that a worker's device has to have, such as 16GiB; 0 asks for none.", "0");
    public static readonly Setting ThreadsPerWorker =
        new("threads-per-worker", "N", "Computing threads of a worker; decides bits.", "1");

    // No text default: four, or fewer where the model has fewer blocks.
    public static readonly Setting Partitions =
        new("partitions", "N", "Parameter partitions; 4 unless the model is too small.");

    // Small enough for a partition a node on small models, large enough that blocks cost nothing.
    public static readonly Setting BlockElements =
        new("block-elements", "N", "Parameters a block: the unit of norms and refills.", "16384");
    public static readonly Setting Host =
        new("host", "local|orleans", "What hosts the workers: processes of this program, or Orleans silos of it.", "local");
    public static readonly Setting Listen =
        new("listen", "ADDRESS", "Address that processes of the run connect to.", "127.0.0.1");
    public static readonly Setting Port = new("port", "N", "The supervisor's port; 0 is any free one.", "0");

    // No default: nobody asked for an open port.
    public static readonly Setting MetricsPort =
        new("metrics-port", "N", "Serve Prometheus metrics at http://127.0.0.1:N/metrics; 0 is any free port. Off unless given.");

    // On: a root costs a step about a hundredth, and without it nobody can check what was trained.
    public static readonly Setting Roots =
        new("roots", "on|off", "Hash the parameters of every step to a root in metrics.jsonl, for diff, replay and verify.", "on");

    // On: a copy costs a step a few hundredths, and without it the first lost worker costs all steps since a checkpoint.
    public static readonly Setting Replicas =
        new("replicas", "on|off", "Keep a second copy of each partition on another node.", "on");

    // Time for a person or a script to start a supervisor again. Silos of a cluster have no second owner to wait for.
    public static readonly Setting OrphanGrace =
        new("orphan-grace", "SECONDS", "How long nodes outlive a lost supervisor; 60 unless given, of silos 5.");
    public static readonly Setting Resume =
        new("resume", "true|false", "Go on with the unfinished run in the run folder, by the settings it had.", "false") { IsSwitch = true };
    public static readonly Setting AllowEnvironmentChange =
        new("allow-environment-change", "true|false", "Resume where libtorch, BLAS, the processor or the job's program differ: bits may change from there.", "false") { IsSwitch = true };

    // A few minutes of work on small models; the copy takes milliseconds, and the rest goes on beside the training.
    public static readonly Setting CheckpointEvery =
        new("checkpoint-every", "N|SECONDSs", "Steps between checkpoints, or seconds, such as 30s; 0 writes none.", "100");
    public static readonly Setting Keep = new("keep", "N", "Checkpoints that are kept.", "3");
    public static readonly Setting Store =
        new("store", "DIR|az://CONTAINER/PREFIX", "Where checkpoints go; a folder in the run folder unless given.");
    // A fifth of a network of 10 Gbit/s, so that steps keep the rest.
    public static readonly Setting RefillRate =
        new("refill-rate", "SIZE", "Bytes a second that new copies of partitions may take of a node's network.", "256MB");
    // Most texts whole, and small against what a model's buffers take.
    public static readonly Setting ShardCache =
        new("shard-cache", "SIZE", "Bytes of the dataset that a node keeps in memory; the rest is read when it is wanted.", "256MB");
    public static readonly Setting Supervise =
        new("supervise", "true|false", "Start the supervisor again when it dies.", "false") { IsSwitch = true };

    // What the large clouds give before they take a machine away.
    public static readonly Setting Grace =
        new("grace", "SECONDS", "How long a worker has to hand over after SIGTERM.", "30");

    // A pause is noticed within two seconds, heartbeats on their way included. A machine that is often busier than it
    // can stand may want more: a worker that is taken for silent loses its place, though no bit changes.
    public static readonly Setting PauseAfter =
        new("pause-after", "SECONDS", "Longest silence of a worker before its lanes move.", "1.7");
    // The reasons of both are MembershipOptions's.
    public static readonly Setting ProbeTimeout =
        new("probe-timeout", "SECONDS", "How long an Orleans silo waits for another one's answer.", "0.5");
    public static readonly Setting MissedProbes =
        new("missed-probes", "N", "Answers in a row that a silo has to miss to be declared dead.", "3");
    public static readonly Setting MaxSkips =
        new("max-skips", "N", "Steps in a row whose gradient is not finite before the run stops.", "5");

    // Once may be an accident and twice bad luck; a process that starts and fails costs the others a view each time.
    public static readonly Setting DeviceFailures =
        new("device-failures", "N", "Failures of one worker's device, failed checks included, that quarantine it.", "3");
    public static readonly Setting AuditLanes =
        new("audit-lanes", "P", "Share of lanes that two workers compute, to be compared: 0 is off, 1 every lane.", "0");

    // What is found late is named; giving up committed steps is for somebody to ask for.
    public static readonly Setting OnWrongBits =
        new("on-wrong-bits", "continue|stop|rollback", "What becomes of the steps of a device that an audit finds wrong.", "continue");
    public static readonly Setting Fault =
        new("fault", "FAULT", "Fault to inject: KIND:worker=K@step=N[/POINT], kill:supervisor@step=N[/POINT], kill:coordinator@step=N or scale=W@step=N.") { IsList = true };
    public static readonly Setting Report = new("report", "FILE.json", "Where to write the report.");
    public static readonly Setting Quiet =
        new("quiet", "true|false", "No progress on the terminal.", "false") { IsSwitch = true };

    /// <summary>In the order of the help text.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        Data, Out, Config, Job, Workers, Spares, Steps, Seed, Lanes, GlobalBatch, Context, Layers, Heads, Width, Bias, Dropout,
        LearningRate, MinimumLearningRate, Warmup, Beta1, Beta2, WeightDecay, Clip, Tokenizer, EvalEvery, EvalBatches, Device, DeviceMemory, ThreadsPerWorker,
        Partitions, BlockElements, Host, Listen, Port, MetricsPort, Roots, Replicas, CheckpointEvery, Keep, Store, RefillRate, ShardCache, Resume, AllowEnvironmentChange, Supervise, OrphanGrace, Grace, PauseAfter, ProbeTimeout, MissedProbes, MaxSkips, DeviceFailures, AuditLanes, OnWrongBits, Fault, Report, Quiet,
    ];
}
