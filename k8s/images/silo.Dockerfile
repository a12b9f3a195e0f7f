# A standing silo. Built from the repository's root:
#
#   docker build -f k8s/images/silo.Dockerfile -t atomgrains/silo:1.0.0 --build-arg REGISTRY=HOST/ .
#   docker build -f k8s/images/silo.Dockerfile -t atomgrains/silo:1.0.0-cuda --build-arg REGISTRY=HOST/ \
#       --build-arg TORCHSHARP=TorchSharp-cuda-linux .
#
# HOST serves Microsoft's images of .NET: no registry stands in this project. Bases are pinned by version here, and by digest
# by whoever has pulled and looked at them: SDK_DIGEST and RUNTIME_DIGEST, such as @sha256:... (k8s/README.md says more).
ARG REGISTRY
ARG SDK_DIGEST=
ARG RUNTIME_DIGEST=

FROM ${REGISTRY}dotnet/sdk:10.0.401-noble${SDK_DIGEST} AS build
ARG VERSION=1.0.0
# CUDA's own libraries come with TorchSharp-cuda-linux; only the driver is the machine's. So both images have one base.
ARG TENSOR_ENGINE=TorchSharp
ARG TORCHSHARP=TorchSharp-cpu
WORKDIR /source
COPY . .
# A private feed comes as a secret (--secret id=nuget,src=NuGet.Config), so that its address and password are in no layer.
RUN --mount=type=secret,id=nuget,target=/root/.nuget/NuGet/NuGet.Config \
    dotnet publish src/AtomGrains.Silo/AtomGrains.Silo.csproj --configuration Release --output /app \
        --runtime linux-x64 --no-self-contained -p:UseAppHost=false \
        -p:TensorEngine=${TENSOR_ENGINE} -p:TorchSharpPackage=${TORCHSHARP} -p:Version=${VERSION} --disable-build-servers

FROM ${REGISTRY}dotnet/aspnet:10.0.12-noble${RUNTIME_DIGEST} AS runtime
ARG VERSION=1.0.0
LABEL org.opencontainers.image.title="AtomGrains silo" \
      org.opencontainers.image.version="${VERSION}"
# As the launcher ./atom has them: one thread a worker, which is part of what decides bits; a nursery of 16 MiB, since the
# collector else sizes it by the processor's cache. The rest keeps .NET and NVIDIA's toolkit to what a silo needs; which
# GPUs it may see is the device plugin's to say.
ENV OMP_NUM_THREADS=1 \
    DOTNET_GCgen0size=0x1000000 \
    DOTNET_EnableDiagnostics=0 \
    DOTNET_NOLOGO=1 \
    HOME=/tmp \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN groupadd --gid 10001 atomgrains \
    && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin atomgrains \
    && mkdir -p /var/lib/atomgrains/runs \
    && chown -R 10001:10001 /var/lib/atomgrains
WORKDIR /app
EXPOSE 8080 11111 30000
# By number: Kubernetes cannot tell that a name is not root's.
USER 10001:10001
ENTRYPOINT ["dotnet", "AtomGrains.Silo.dll", "silo"]

FROM runtime AS silo
COPY --from=build /app /app
