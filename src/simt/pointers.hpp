// SPDX-License-Identifier: Apache-2.0
//
// Pointers of kernels. They carry the allocation that they came from, so that bounds are exact, and
// give access to it only through checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "src/simt/access.hpp"

namespace simt {

// By the address as a number: arithmetic on pointers far outside an allocation is undefined.
template <class T>
T *moved(T *pointer, int64_t elements) {
    return reinterpret_cast<T *>(reinterpret_cast<uintptr_t>(pointer) +
                                 static_cast<uintptr_t>(elements) * sizeof(T));
}

// A pointer to global memory. There is no * and no [].
template <class T>
class global {
  public:
    global() = default;
    global(std::nullptr_t) {}
    // On the host: finds the allocation.
    global(T *pointer) : pointer_(pointer), allocation_(find_allocation(pointer)) {}
    global(T *pointer, Allocation *allocation) : pointer_(pointer), allocation_(allocation) {}
    template <class U>
    requires(std::is_same_v<const U, T> && !std::is_same_v<U, T>) global(const global<U> &other)
        : pointer_(other.raw()), allocation_(other.allocation()) {}

    T *raw() const { return pointer_; }
    Allocation *allocation() const { return allocation_; }

    global operator+(int64_t elements) const { return {moved(pointer_, elements), allocation_}; }
    global operator-(int64_t elements) const { return *this + -elements; }
    global &operator+=(int64_t elements) { return *this = *this + elements; }
    global &operator-=(int64_t elements) { return *this = *this - elements; }
    explicit operator bool() const { return pointer_ != nullptr; }
    friend bool operator==(global a, global b) { return a.pointer_ == b.pointer_; }
    friend bool operator==(global a, std::nullptr_t) { return a.pointer_ == nullptr; }

  private:
    T *pointer_ = nullptr;
    Allocation *allocation_ = nullptr;
};

template <class U, class T>
global<U> global_cast(global<T> pointer) {
    return {reinterpret_cast<U *>(pointer.raw()), pointer.allocation()};
}

template <class T>
T read(Allocation *allocation, const T *pointer, Site site) {
    static_assert(std::is_trivially_copyable_v<T>);
    check_access(allocation, pointer, sizeof(T), alignof(T), Operation::Read, site);
    T value;
    std::memcpy(static_cast<void *>(&value), static_cast<const void *>(pointer), sizeof(T));
    return value;
}

template <class T>
void write(Allocation *allocation, T *pointer, const T &value, Site site) {
    static_assert(std::is_trivially_copyable_v<T>);
    check_access(allocation, pointer, sizeof(T), alignof(T), Operation::Write, site, &value);
    std::memcpy(static_cast<void *>(pointer), static_cast<const void *>(&value), sizeof(T));
}

template <class T>
std::remove_const_t<T> load(global<T> pointer, Site site) {
    return read<std::remove_const_t<T>>(pointer.allocation(), pointer.raw(), site);
}
template <class T>
void store(global<T> pointer, const T &value, Site site) {
    write<T>(pointer.allocation(), pointer.raw(), value, site);
}

// What an element of shared memory is between `s[i]` and its use.
template <class T>
class SharedReference {
  public:
    using Value = std::remove_const_t<T>;

    SharedReference(T *pointer, Allocation *allocation, Site site)
        : pointer_(pointer), allocation_(allocation), site_(site) {}
    SharedReference(const SharedReference &) = default;

    operator Value() const { return read<Value>(allocation_, pointer_, site_); }
    const SharedReference &operator=(const Value &value) const {
        write<Value>(allocation_, pointer_, value, site_);
        return *this;
    }
    const SharedReference &operator=(const SharedReference &other) const {
        return *this = static_cast<Value>(other);
    }
    const SharedReference &operator+=(const Value &value) const {
        return *this = static_cast<Value>(static_cast<Value>(*this) + value);
    }

  private:
    T *pointer_;
    Allocation *allocation_;
    Site site_;
};

// An index that knows where it was written: operator[] takes no further argument.
struct Index {
    int64_t value;
    Site site;
    template <class I>
    requires(std::is_integral_v<I> || std::is_enum_v<I>) Index(I i, Site here = Site::here())
        : value(static_cast<int64_t>(i)), site(here) {}
};

// A pointer to shared memory.
template <class T>
class shared {
  public:
    shared() = default;
    shared(std::nullptr_t) {}
    shared(T *pointer, Allocation *allocation) : pointer_(pointer), allocation_(allocation) {}
    template <class U>
    requires(std::is_same_v<const U, T> && !std::is_same_v<U, T>) shared(const shared<U> &other)
        : pointer_(other.raw()), allocation_(other.allocation()) {}

    T *raw() const { return pointer_; }
    Allocation *allocation() const { return allocation_; }

    SharedReference<T> operator[](Index index) const {
        return {moved(pointer_, index.value), allocation_, index.site};
    }
    shared operator+(int64_t elements) const { return {moved(pointer_, elements), allocation_}; }
    shared operator-(int64_t elements) const { return *this + -elements; }
    shared &operator+=(int64_t elements) { return *this = *this + elements; }
    explicit operator bool() const { return pointer_ != nullptr; }

  private:
    T *pointer_ = nullptr;
    Allocation *allocation_ = nullptr;
};

template <class U, class T>
shared<U> shared_cast(shared<T> pointer) {
    return {reinterpret_cast<U *>(pointer.raw()), pointer.allocation()};
}

}  // namespace simt
