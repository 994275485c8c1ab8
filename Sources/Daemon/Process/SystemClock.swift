public import Encoding
import Glibc

/// The system's clock.
public enum SystemClock {
    /// The time of day, UTC.
    public static var now: Timestamp {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &time) == 0 else {
            return Timestamp(milliseconds: 0)
        }
        return Timestamp(
            milliseconds: Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec / 1_000_000)
        )
    }
}
