using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A handle to a tensor of libtorch. The caller disposes it, or lets the open <see cref="DisposeScope"/> do so;
    /// the finalizer is a safety net only. Errors of the engine are <see cref="ExternalException"/>.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private nint _handle;

        internal Tensor(nint handle, bool register = true)
        {
            _handle = handle;
            OwningDisposeScope = register ? DisposeScope.Register(this) : null;
        }

        ~Tensor() => Release();

        /// <summary>True once the tensor was disposed.</summary>
        public bool IsInvalid => _handle == 0;

        /// <exception cref="InvalidOperationException">The tensor was disposed.</exception>
        public nint Handle => _handle != 0 ? _handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        internal DisposeScope? OwningDisposeScope { get; set; }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        protected virtual void Dispose(bool disposing)
        {
            OwningDisposeScope?.Forget(this);
            OwningDisposeScope = null;
            Release();
        }

        /// <summary>Gives the handle away; this object is empty afterwards.</summary>
        internal nint MoveHandle()
        {
            var handle = Handle;
            _handle = 0;
            return handle;
        }

        private void Release()
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0)
            {
                NativeMethods.ag_tensor_free(handle);
            }
        }
    }
}
