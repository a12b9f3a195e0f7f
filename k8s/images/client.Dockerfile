# The client: starts runs on a cluster, watches and ends them. Built as silo.Dockerfile says:
#
#   docker build -f k8s/images/client.Dockerfile -t atomgrains/client:1.0.0 --build-arg REGISTRY=HOST/ .
ARG REGISTRY
ARG SDK_DIGEST=
ARG RUNTIME_DIGEST=

FROM ${REGISTRY}dotnet/sdk:10.0.401-noble${SDK_DIGEST} AS build
ARG VERSION=1.0.0
WORKDIR /source
COPY . .
RUN --mount=type=secret,id=nuget,target=/root/.nuget/NuGet/NuGet.Config \
    dotnet publish samples/StartRun/StartRun.csproj --configuration Release --output /app \
        --runtime linux-x64 --no-self-contained -p:UseAppHost=false -p:Version=${VERSION} --disable-build-servers

FROM ${REGISTRY}dotnet/runtime:10.0.12-noble${RUNTIME_DIGEST} AS client
ARG VERSION=1.0.0
LABEL org.opencontainers.image.title="AtomGrains client" \
      org.opencontainers.image.version="${VERSION}"
ENV DOTNET_EnableDiagnostics=0 \
    DOTNET_NOLOGO=1 \
    HOME=/tmp
RUN groupadd --gid 10001 atomgrains \
    && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin atomgrains
WORKDIR /app
COPY --from=build /app /app
USER 10001:10001
ENTRYPOINT ["dotnet", "StartRun.dll"]
