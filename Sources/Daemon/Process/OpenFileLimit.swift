import Glibc

/// How many files and sockets a process may have open.
public enum OpenFileLimit {
    /// Raises the limit to the most that the process may give itself: many hosts begin with 1,024,
    /// which connections, their counterparts to the store and bodies in files soon exceed.
    ///
    /// Without effect where the kernel refuses.
    public static func raise() {
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(resource, &limit)
    }

    /// The limit as it is; 0 where it can't be told.
    public static var current: Int {
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }

    private static var resource: __rlimit_resource_t {
        __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    }
}
