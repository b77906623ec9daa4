package slash32.tap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The node's own sysctls. What is no longer desired stays as it is: others may have come to rely on it.
public final class HostSettingTable implements Table<HostSetting, String> {
    @Override
    public String name() {
        return "host_setting";
    }

    @Override
    public Map<HostSetting, String> owned() throws IOException {
        var found = new EnumMap<HostSetting, String>(HostSetting.class);
        for (HostSetting setting : HostSetting.values()) {
            found.put(setting, Sysctl.read(setting.path()));
        }
        return found;
    }

    @Override
    public List<Failure<HostSetting>> apply(List<Change<HostSetting, String>> batch) {
        var failures = new ArrayList<Failure<HostSetting>>();
        for (Change<HostSetting, String> change : batch) {
            if (change instanceof Change.Put<HostSetting, String>(HostSetting setting, String value, var _)) {
                try {
                    Sysctl.write(setting.path(), value);
                } catch (IOException e) {
                    failures.add(new Failure<>(setting, String.valueOf(e.getMessage())));
                }
            }
        }
        return failures;
    }
}
