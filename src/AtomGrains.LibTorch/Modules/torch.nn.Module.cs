using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

        /// <summary>
        /// A tree of parameters and submodules, in registration order. Disposing it disposes the tree.
        /// </summary>
        public class Module : IDisposable
        {
            private readonly OrderedDictionary<string, Parameter> _parameters = [];
            private readonly OrderedDictionary<string, Tensor> _buffers = [];
            private readonly OrderedDictionary<string, Module> _submodules = [];
            private readonly string _name;
            private bool _registered;

            protected Module(string name) => _name = name;

            /// <summary>Whether dropout drops; true at first.</summary>
            public virtual bool training { get; private set; } = true;

            public virtual string GetName() => _name;

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var module in _submodules.Values)
                {
                    module.train(train);
                }
            }

            public virtual void eval() => train(false);

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    if (set_to_none)
                    {
                        parameter.grad = null;
                        continue;
                    }

                    using var gradient = parameter.grad;
                    gradient?.zero_();
                }
            }

            /// <summary>Names and parameters in registration order; one that is shared appears once, under its first name.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
                All(module => module._parameters, recurse);

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(pair => pair.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) =>
                All(module => module._buffers, recurse);

            public virtual IEnumerable<(string name, Module module)> named_children() => _submodules.Select(pair => (pair.Key, pair.Value));

            public virtual IEnumerable<Module> children() => _submodules.Values;

            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_parameter(string name, Parameter param) => Register(_parameters, name, param);

            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true) => Register(_buffers, name, tensor);

            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                submodule.RegisterComponents();
                Register(_submodules, name, submodule);
            }

            /// <summary>Registers every field that is a module, parameter or tensor under its name, in order of declaration.</summary>
            protected virtual void RegisterComponents()
            {
                if (_registered)
                {
                    return;
                }

                foreach (var field in GetType().GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                {
                    var name = field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
                    if (_parameters.ContainsKey(name) || _buffers.ContainsKey(name) || _submodules.ContainsKey(name))
                    {
                        continue;
                    }

                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(name, module);
                            break;
                        case Parameter parameter:
                            register_parameter(name, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(name, tensor);
                            break;
                    }
                }

                _registered = true;
            }

            protected virtual void Dispose(bool disposing)
            {
                foreach (IDisposable part in (IEnumerable<IDisposable>)[.. _parameters.Values, .. _buffers.Values, .. _submodules.Values])
                {
                    part.Dispose();
                }
            }

            /// <summary>Converts parameters and buffers where they are, so whoever holds one goes on holding it.</summary>
            internal void Convert(Func<Tensor, Tensor> conversion)
            {
                using var scope = NewDisposeScope();
                foreach (var tensor in parameters().Concat(named_buffers().Select(pair => pair.buffer)))
                {
                    tensor.ReplaceData(conversion(tensor).detach());
                }
            }

            private static void Register<T>(OrderedDictionary<string, T> parts, string name, T part)
                where T : class, IDisposable
            {
                if (!parts.TryAdd(name, part))
                {
                    throw new InvalidOperationException($"{name} is already registered.");
                }

                // A module's parts live as long as the module, whatever scope it was built in.
                (part as Tensor)?.DetachFromDisposeScope();
            }

            private IEnumerable<(string Name, T Part)> All<T>(Func<Module, OrderedDictionary<string, T>> own, bool recurse)
                where T : class
            {
                var seen = new HashSet<T>(ReferenceEqualityComparer.Instance);
                foreach (var (name, part) in Walk(this, ""))
                {
                    if (seen.Add(part))
                    {
                        yield return (name, part);
                    }
                }

                IEnumerable<(string, T)> Walk(Module module, string prefix) =>
                    own(module).Select(pair => (prefix + pair.Key, pair.Value))
                        .Concat(recurse ? module._submodules.SelectMany(pair => Walk(pair.Value, prefix + pair.Key + ".")) : []);
            }
        }

        /// <summary>A module of one input.</summary>
        public abstract class Module<T, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T input);

            public TResult call(T input) => forward(input);
        }

        /// <summary>A module of two inputs.</summary>
        public abstract class Module<T1, T2, TResult>(string name) : Module(name)
        {
            public abstract TResult forward(T1 input1, T2 input2);

            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }
    }
}
