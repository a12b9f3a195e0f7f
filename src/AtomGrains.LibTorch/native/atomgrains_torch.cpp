// The native half of the binding: a C interface of handles over whatever libtorch is installed.
//
// Conventions. A tensor handle is a heap-allocated at::Tensor that the caller releases with ag_tensor_free. Every
// entry that can fail returns 0 for success; after any other value ag_last_error() has this thread's message. No
// C++ exception ever leaves this file, so a shape error is an exception in C#, not the end of the process.
//
// Operators are called by name through the dispatcher's boxed entry, with missing trailing arguments taken from the
// schema's defaults. So a new operator costs one line of C#, and one that gained an optional argument between
// libtorch 1.13 and 2.x costs nothing.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#define AG_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

enum Kind : int32_t {
  kNone = 0,
  kTensor = 1,
  kInt = 2,
  kDouble = 3,
  kBool = 4,
  kIntList = 5,
  kTensorList = 6,
  kString = 7,
  kDevice = 8,
};

thread_local std::string last_error;

template <typename Body>
int32_t guarded(Body&& body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& error) {
    last_error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "unknown error in the tensor engine";
  }
  return 1;
}

at::Tensor& unwrap(void* handle) {
  TORCH_CHECK(handle != nullptr, "tensor handle is null (was the tensor disposed?)");
  return *static_cast<at::Tensor*>(handle);
}

void* wrap(at::Tensor tensor) { return new at::Tensor(std::move(tensor)); }

c10::Device device_of(int32_t type, int32_t index) {
  return c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

}  // namespace

// One argument or result of an operator. Lists are borrowed for the length of the call.
struct ag_value {
  int32_t kind;
  int32_t count;
  union {
    int64_t i;
    double d;
    void* p;
  };
};

namespace {

c10::IValue to_ivalue(const ag_value& value) {
  switch (value.kind) {
    case kNone: return c10::IValue();
    case kTensor: return c10::IValue(unwrap(value.p));
    case kInt: return c10::IValue(value.i);
    case kDouble: return c10::IValue(value.d);
    case kBool: return c10::IValue(value.i != 0);
    case kIntList: {
      const auto* items = static_cast<const int64_t*>(value.p);
      return c10::IValue(std::vector<int64_t>(items, items + value.count));
    }
    case kTensorList: {
      auto* items = static_cast<void**>(value.p);
      c10::List<at::Tensor> tensors;
      for (int32_t k = 0; k < value.count; k++) tensors.push_back(unwrap(items[k]));
      return c10::IValue(std::move(tensors));
    }
    case kString: return c10::IValue(std::string(static_cast<const char*>(value.p)));
    case kDevice: return c10::IValue(device_of(value.count, static_cast<int32_t>(value.i)));
    default: TORCH_CHECK(false, "unknown argument kind ", value.kind);
  }
}

// Tensor lists are flattened: the caller sees their tensors one after the other.
void append_result(const c10::IValue& result, std::vector<ag_value>& results) {
  ag_value value{};
  if (result.isTensor()) {
    const auto& tensor = result.toTensor();
    value.kind = tensor.defined() ? kTensor : kNone;
    value.p = tensor.defined() ? wrap(tensor) : nullptr;
  } else if (result.isTensorList()) {
    for (const at::Tensor& tensor : result.toTensorVector()) append_result(c10::IValue(tensor), results);
    return;
  } else if (result.isInt()) {
    value.kind = kInt;
    value.i = result.toInt();
  } else if (result.isDouble()) {
    value.kind = kDouble;
    value.d = result.toDouble();
  } else if (result.isBool()) {
    value.kind = kBool;
    value.i = result.toBool();
  } else {
    TORCH_CHECK(false, "the operator returned a ", result.tagKind(), ", which the binding does not carry");
  }
  results.push_back(value);
}

void free_results(const std::vector<ag_value>& results) {
  for (const auto& value : results)
    if (value.kind == kTensor) delete static_cast<at::Tensor*>(value.p);
}

}  // namespace

AG_EXPORT const char* ag_last_error() { return last_error.c_str(); }

// ---- operators ------------------------------------------------------------------------------------------------

// The handle found is never released: there is one per operator that the program uses.
AG_EXPORT int32_t ag_operator_find(const char* name, const char* overload, void** found) {
  return guarded([&] {
    auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    TORCH_CHECK(handle.has_value(), "this libtorch (", TORCH_VERSION_TEXT, ") has no operator ", name, ".", overload);
    *found = new c10::OperatorHandle(*handle);
  });
}

AG_EXPORT int32_t ag_operator_call(void* op, const ag_value* arguments, int32_t argument_count, ag_value* results,
                                   int32_t capacity, int32_t* result_count) {
  return guarded([&] {
    const auto& handle = *static_cast<c10::OperatorHandle*>(op);
    const auto& schema = handle.schema().arguments();
    TORCH_CHECK(static_cast<size_t>(argument_count) <= schema.size(), handle.schema().name(), " takes ", schema.size(),
                " arguments, got ", argument_count);
    torch::jit::Stack stack;
    stack.reserve(schema.size());
    for (int32_t k = 0; k < argument_count; k++) stack.push_back(to_ivalue(arguments[k]));
    for (size_t k = argument_count; k < schema.size(); k++) {
      const auto& fallback = schema[k].default_value();
      TORCH_CHECK(fallback.has_value(), handle.schema().name(), ": argument ", schema[k].name(), " is missing");
      stack.push_back(*fallback);
    }
    handle.callBoxed(stack);

    std::vector<ag_value> collected;
    try {
      for (const auto& value : stack) append_result(value, collected);
      TORCH_CHECK(collected.size() <= static_cast<size_t>(capacity), handle.schema().name(), " returned ",
                  collected.size(), " values, room for ", capacity);
    } catch (...) {
      free_results(collected);
      throw;
    }
    std::memcpy(results, collected.data(), collected.size() * sizeof(ag_value));
    *result_count = static_cast<int32_t>(collected.size());
  });
}

// ---- tensors --------------------------------------------------------------------------------------------------

AG_EXPORT void ag_tensor_free(void* tensor) { delete static_cast<at::Tensor*>(tensor); }

// Copies `elements` of host memory, [sizes] in row-major order, to a new tensor on the device.
AG_EXPORT int32_t ag_tensor_from_host(const void* data, const int64_t* sizes, int32_t dimensions, int32_t dtype,
                                      int32_t device_type, int32_t device_index, void** created) {
  return guarded([&] {
    auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype));
    auto host = at::from_blob(const_cast<void*>(data), at::IntArrayRef(sizes, dimensions), options);
    auto device = device_of(device_type, device_index);
    *created = wrap(device.is_cpu() ? host.clone() : host.to(device));
  });
}

AG_EXPORT int32_t ag_tensor_dimensions(void* tensor, int32_t* dimensions) {
  return guarded([&] { *dimensions = static_cast<int32_t>(unwrap(tensor).dim()); });
}

AG_EXPORT int32_t ag_tensor_sizes(void* tensor, int64_t* sizes) {
  return guarded([&] {
    auto shape = unwrap(tensor).sizes();
    std::copy(shape.begin(), shape.end(), sizes);
  });
}

struct ag_info {
  int64_t elements;
  int32_t dtype;
  int32_t element_size;
  int32_t device_type;
  int32_t device_index;
  int32_t contiguous;
  int32_t requires_grad;
};

AG_EXPORT int32_t ag_tensor_info(void* handle, ag_info* info) {
  return guarded([&] {
    const auto& tensor = unwrap(handle);
    info->elements = tensor.numel();
    info->dtype = static_cast<int32_t>(tensor.scalar_type());
    info->element_size = static_cast<int32_t>(tensor.element_size());
    info->device_type = static_cast<int32_t>(tensor.device().type());
    info->device_index = tensor.device().index();
    info->contiguous = tensor.is_contiguous();
    info->requires_grad = tensor.requires_grad();
  });
}

// The address of the first element; only meaningful to the caller for tensors on the CPU.
AG_EXPORT int32_t ag_tensor_data(void* tensor, void** data) {
  return guarded([&] { *data = unwrap(tensor).data_ptr(); });
}

AG_EXPORT int32_t ag_tensor_item(void* handle, ag_value* value) {
  return guarded([&] {
    auto scalar = unwrap(handle).item();
    if (scalar.isFloatingPoint()) {
      value->kind = kDouble;
      value->d = scalar.toDouble();
    } else {
      value->kind = kInt;
      value->i = scalar.toLong();
    }
  });
}

// ---- autograd -------------------------------------------------------------------------------------------------

AG_EXPORT int32_t ag_tensor_backward(void* tensor) {
  return guarded([&] { unwrap(tensor).backward(); });
}

AG_EXPORT int32_t ag_tensor_set_requires_grad(void* tensor, int32_t requires_grad) {
  return guarded([&] { unwrap(tensor).set_requires_grad(requires_grad != 0); });
}

AG_EXPORT int32_t ag_tensor_grad(void* tensor, void** grad) {
  return guarded([&] {
    const auto& value = unwrap(tensor).grad();
    *grad = value.defined() ? wrap(value) : nullptr;
  });
}

// Backward adds into a gradient that is already there, in place: that is how gradients land in the flat buffer.
AG_EXPORT int32_t ag_tensor_set_grad(void* handle, void* grad) {
  return guarded([&] {
    auto& tensor = unwrap(handle);
    if (grad == nullptr) {
      tensor.mutable_grad().reset();
      return;
    }
    const auto& value = unwrap(grad);
    TORCH_CHECK(value.sizes() == tensor.sizes(), "a gradient of shape ", value.sizes(), " for a tensor of shape ",
                tensor.sizes());
    TORCH_CHECK(value.scalar_type() == tensor.scalar_type() && value.device() == tensor.device(),
                "a gradient must have its tensor's dtype and device");
    tensor.mutable_grad() = value;
  });
}

AG_EXPORT int32_t ag_tensor_set_data(void* tensor, void* data) {
  return guarded([&] { unwrap(tensor).set_data(unwrap(data)); });
}

AG_EXPORT int32_t ag_grad_mode_enabled() { return c10::GradMode::is_enabled(); }

AG_EXPORT void ag_grad_mode_set(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

// ---- the engine -----------------------------------------------------------------------------------------------

AG_EXPORT const char* ag_version() { return TORCH_VERSION_TEXT; }

// Compiler, BLAS, CPU capability: ATen's own words. Valid until this thread's next call.
AG_EXPORT const char* ag_configuration() {
  static thread_local std::string text;
  guarded([&] { text = at::show_config(); });
  return text.c_str();
}

AG_EXPORT int32_t ag_manual_seed(int64_t seed) {
  return guarded([&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}

AG_EXPORT int32_t ag_set_threads(int32_t threads) {
  return guarded([&] { at::set_num_threads(threads); });
}

AG_EXPORT int32_t ag_get_threads() { return at::get_num_threads(); }

AG_EXPORT int32_t ag_set_interop_threads(int32_t threads) {
  return guarded([&] { at::set_num_interop_threads(threads); });
}

// TF32 rounds float32 products to 10 bits of mantissa; a run must say which one it wants.
AG_EXPORT int32_t ag_set_allow_tf32(int32_t allowed) {
  return guarded([&] {
    at::globalContext().setAllowTF32CuBLAS(allowed != 0);
    at::globalContext().setAllowTF32CuDNN(allowed != 0);
  });
}

AG_EXPORT int32_t ag_get_allow_tf32() { return at::globalContext().allowTF32CuBLAS(); }

AG_EXPORT int32_t ag_cuda_device_count() {
  int32_t count = 0;
  guarded([&] {
    if (at::hasCUDA()) count = c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
  });
  return count;
}

// Free and total bytes of the current CUDA device, asked of the CUDA runtime that libtorch has loaded already; so
// this file needs no CUDA headers.
AG_EXPORT int32_t ag_cuda_memory(int64_t* free_bytes, int64_t* total_bytes) {
  return guarded([&] {
    using mem_get_info = int (*)(size_t*, size_t*);
    mem_get_info ask = nullptr;
    for (const char* name : {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"}) {
      void* library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
      if (library != nullptr) ask = reinterpret_cast<mem_get_info>(dlsym(library, "cudaMemGetInfo"));
      if (ask != nullptr) break;
    }
    TORCH_CHECK(ask != nullptr, "no CUDA runtime is loaded");
    size_t free_now = 0, total = 0;
    int status = ask(&free_now, &total);
    TORCH_CHECK(status == 0, "cudaMemGetInfo failed with ", status);
    *free_bytes = static_cast<int64_t>(free_now);
    *total_bytes = static_cast<int64_t>(total);
  });
}
